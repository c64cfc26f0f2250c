"""NumPy archives in MedMNIST's layout."""

import numpy as np
import pytest

from automl.data import npz
from automl.errors import UserError


def refusal(load, path, **options) -> str:
    with pytest.raises(UserError) as caught:
        load(path, **options)
    return caught.value.message


def test_the_splits_and_pixels_of_the_archive_are_kept(load, write_npz):
    path = write_npz()

    dataset = load(path)

    assert dataset.name == "scans"
    assert dataset.task.input_shape == (1, 10, 10)
    assert dataset.task.class_names == ("0", "1")
    assert dataset.val.ids == ("0", "1", "2", "3", "4", "5")
    with np.load(path) as saved:
        for split in ("train", "val", "test"):
            loaded = getattr(dataset, split)
            assert np.array_equal(loaded.inputs[:, 0], saved[f"{split}_images"])
            assert np.array_equal(loaded.targets, saved[f"{split}_labels"][:, 0])
            assert (loaded.inputs.dtype, loaded.targets.dtype) == (np.uint8, np.int64)


def test_colour_images_become_channels_first(load, write_npz):
    images = np.random.default_rng(1).integers(0, 256, (20, 10, 6, 3), dtype=np.uint8)
    dataset = load(write_npz(train_images=images, val_images=images[:6], test_images=images[:8]))

    assert dataset.task.input_shape == (3, 10, 6)
    assert np.array_equal(dataset.train.inputs, images.transpose(0, 3, 1, 2))


def test_12_bit_images_are_scaled_by_4095_in_all_splits(load, write_npz):
    rng = np.random.default_rng(0)
    images = {
        name: rng.integers(0, 3000, (n, 10, 10)).astype(">u2") for name, n in [("train", 20), ("val", 6), ("test", 8)]
    }
    dataset = load(write_npz(**{f"{name}_images": array for name, array in images.items()}))

    assert dataset.preparation.max_value == 4095
    expected = np.rint(images["test"].astype(np.float64) * 255 / 4095)
    assert np.array_equal(dataset.test.inputs[:, 0], expected)


def test_images_in_fortran_order_are_read_correctly(load, write_npz):
    images = np.random.default_rng(1).integers(0, 256, (20, 10, 10), dtype=np.uint8)

    dataset = load(write_npz(train_images=np.asfortranarray(images)))

    assert np.array_equal(dataset.train.inputs[:, 0], images)


def test_an_archive_larger_than_a_chunk_is_streamed(load, write_npz, monkeypatch):
    path = write_npz()
    whole = load(path)
    monkeypatch.setattr(npz, "CHUNK_BYTES", 350)  # 3 images

    assert load(path).digest == whole.digest


def test_labels_need_not_start_at_0_and_become_names(load, write_npz):
    labels = {"train": np.arange(20) % 2 * 3 + 4, "val": np.full(6, 7), "test": np.full(8, 4)}
    dataset = load(write_npz(**{f"{name}_labels": values for name, values in labels.items()}))

    assert dataset.task.class_names == ("4", "7")
    assert dataset.train.targets[:2].tolist() == [0, 1]
    assert dataset.val.targets.tolist() == [1] * 6


def test_labels_may_be_text(load, write_npz):
    names = np.array(["ill", "well"])
    labels = {f"{split}_labels": names[np.arange(n) % 2] for split, n in [("train", 20), ("val", 6), ("test", 8)]}

    dataset = load(write_npz(**labels))

    assert dataset.task.class_names == ("ill", "well")
    assert dataset.val.targets.tolist() == [0, 1, 0, 1, 0, 1]


def test_class_names_in_the_archive_are_used(load, write_npz):
    assert load(write_npz(class_names=np.array(["normal", "ill"]))).task.class_names == ("normal", "ill")


def test_class_names_that_do_not_fit_the_labels_are_refused(load, write_npz):
    assert "one name per label" in refusal(load, write_npz(class_names=np.array(["a", "b", "c"])))


def test_pickled_class_names_are_refused_without_unpickling(load, write_npz):
    assert "must be a text array" in refusal(load, write_npz(class_names=np.array(["a", "b"], dtype=object)))


def test_regression_targets_are_floats_of_any_width(load, write_npz):
    rng = np.random.default_rng(0)
    labels = {f"{split}_labels": rng.normal(size=(n, 2)) for split, n in [("train", 20), ("val", 6), ("test", 8)]}
    dataset = load(write_npz(**labels), task_kind="image-regression")

    assert dataset.task.num_outputs == 2
    assert dataset.task.class_names == ()
    assert dataset.train.targets.dtype == np.float32
    assert np.allclose(dataset.test.targets, labels["test_labels"])
    assert any("largest target" in line for line in dataset.report.lines())


def test_flat_regression_labels_become_one_output(load, write_npz):
    labels = {f"{split}_labels": np.linspace(0, 1, n) for split, n in [("train", 20), ("val", 6), ("test", 8)]}

    assert load(write_npz(**labels), task_kind="image-regression").val.targets.shape == (6, 1)


def test_regression_targets_that_are_not_finite_are_refused(load, write_npz):
    labels = {f"{split}_labels": np.zeros(n) for split, n in [("train", 20), ("val", 6), ("test", 8)]}
    labels["test_labels"][3] = np.nan

    assert "test_labels" in (message := refusal(load, write_npz(**labels), task_kind="image-regression"))
    assert "1 not finite" in message


def test_missing_arrays_are_refused_naming_those_needed_and_there(load, write_npz):
    message = refusal(load, write_npz(val_images=None, test_labels=None, extra=np.zeros(3)))

    assert "Missing: val_images, test_labels." in message
    assert "Got: train_images, train_labels, val_labels, test_images, extra." in message


def test_a_file_that_is_no_archive_is_refused(load, tmp_path):
    path = tmp_path / "fake.npz"
    path.write_bytes(b"PK but not really")

    assert "is not an .npz archive" in refusal(load, path)


def test_a_truncated_archive_is_refused(load, write_npz):
    path = write_npz()
    path.write_bytes(path.read_bytes()[:1000])

    assert "not a complete one" in refusal(load, path)


def test_an_archive_damaged_inside_is_refused(load, write_npz):
    path = write_npz()
    data = bytearray(path.read_bytes())
    data[200:700] = bytes(500)
    path.write_bytes(bytes(data))

    assert "can't be read" in refusal(load, path)


def test_different_numbers_of_images_and_labels_are_refused(load, write_npz):
    assert "Got 5 labels and 6 images" in refusal(load, write_npz(val_labels=np.zeros(5, np.uint8)))


def test_float_labels_are_refused_for_a_classification(load, write_npz):
    with pytest.raises(UserError, match=r"must be integers for a classification\. Got float64") as caught:
        load(write_npz(train_labels=np.linspace(0, 1, 20)))

    assert "image-regression" in (caught.value.hint or "")


def test_several_labels_per_image_are_refused(load, write_npz):
    assert "one class per image" in refusal(load, write_npz(train_labels=np.zeros((20, 14), np.uint8)))


def test_one_class_is_refused(load, write_npz):
    zeros = {f"{split}_labels": np.zeros(n, int) for split, n in [("train", 20), ("val", 6), ("test", 8)]}

    assert "at least 2 classes. Got only 0" in refusal(load, write_npz(**zeros))


def test_a_label_of_test_that_train_lacks_is_refused(load, write_npz):
    message = refusal(load, write_npz(test_labels=np.array([0, 1, 2, 0, 1, 2, 5, 0])))

    assert "Classes of test must have images in train. Got 2, 5" in message


@pytest.mark.parametrize(
    ("images", "rule"),
    [
        (np.zeros((20, 10, 10), np.float32), "must be uint8 or uint16. Got float32"),
        (np.zeros((20, 10, 10), object), "must be uint8 or uint16. Got object"),
        (np.zeros((20, 100), np.uint8), r"must be \(N, H, W\) or \(N, H, W, 3\), and not empty. Got shape \(20, 100\)"),
        (np.zeros((20, 3, 10, 10), np.uint8), r"Got shape \(20, 3, 10, 10\)"),
        (np.zeros((0, 10, 10), np.uint8), r"Got shape \(0, 10, 10\)"),
    ],
)
def test_images_of_a_wrong_type_or_shape_are_refused(load, write_npz, images, rule):
    with pytest.raises(UserError, match=rule):
        load(write_npz(train_images=images))


def test_an_unsigned_label_wraps_nowhere(load, write_npz):
    labels = {
        f"{split}_labels": np.array([0, 255] * n, np.uint8) for split, n in [("train", 10), ("val", 3), ("test", 4)]
    }

    assert load(write_npz(**labels)).task.class_names == ("0", "255")
