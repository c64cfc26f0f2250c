"""The door: the demo, options, and inputs for predictions."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from automl.data import ImagePreparation, load_inputs
from automl.errors import UserError


def test_without_a_path_there_are_the_digits(load):
    dataset = load(None)

    assert dataset.name == "digits"
    assert dataset.task.class_names == tuple("0123456789")
    assert dataset.task.num_outputs == 10
    assert dataset.task.input_shape == (1, 8, 8)
    assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [1257, 180, 360]
    assert dataset.train.inputs.max() == 255
    assert len({*dataset.train.ids, *dataset.val.ids, *dataset.test.ids}) == 1797


def test_the_digits_are_those_of_scikit_learn(load):
    from sklearn.datasets import load_digits

    dataset, digits = load(None), load_digits()
    rows = np.array(dataset.test.ids, dtype=int)

    assert np.array_equal(dataset.test.targets, digits.target[rows])
    assert np.allclose(dataset.test.inputs[:, 0], digits.images[rows] * 255 / 16, atol=0.5)


def test_the_digits_are_no_regression(load):
    with pytest.raises(UserError, match=r"image-regression needs an \.npz"):
        load(None, task_kind="image-regression")


@pytest.mark.parametrize("size", [3, 1025, 0, -8])
def test_a_size_out_of_bounds_is_refused(load, size):
    with pytest.raises(UserError, match=f"from 4 to 1024 pixels. Got {size}") as caught:
        load(None, image_size=size)

    assert caught.value.hint


@pytest.mark.parametrize("size", [4, 20])
def test_the_size_asked_for_is_used(load, size):
    assert load(None, image_size=size).train.inputs.shape[1:] == (1, size, size)


@pytest.mark.parametrize(("modes", "channels"), [(("L", "LA"), 1), (("L", "1"), 1), (("L", "RGB"), 3), (("P", "L"), 3)])
def test_one_colour_image_makes_all_colour(load, write_images, modes, channels):
    write_images({"a": 3}, mode=modes[0])

    assert load(write_images({"b": 3}, mode=modes[1])).task.input_shape == (channels, 12, 8)


def test_16_bit_files_share_one_scale(load, tmp_path):
    for name, peak in (("a", 900), ("b", 3000)):
        (tmp_path / "scans" / name).mkdir(parents=True)
        for number in range(4):
            pixels = np.full((8, 8), number, np.uint16)
            pixels[0, 0] = peak
            Image.fromarray(pixels).save(tmp_path / "scans" / name / f"{number}.png")

    dataset = load(tmp_path / "scans")

    assert dataset.preparation.max_value == 4095
    assert dataset.task.input_shape == (1, 8, 8)
    assert {image.max() for image in dataset.train.inputs} == {round(900 * 255 / 4095), round(3000 * 255 / 4095)}


def test_the_digest_tells_labels_apart(load, write_npz):
    first = load(write_npz())
    other = load(write_npz(val_labels=np.array([1, 0, 0, 1, 0, 1])))

    assert first.digest != other.digest
    assert len(first.digest) == 16


def test_the_order_of_a_folders_predictions_is_natural_and_recursive(write_images):
    root = write_images({".": 12, "deeper": 2})

    inputs, ids = load_inputs(root, ImagePreparation(3, 12, 8, 255, (0.5,) * 3, (0.2,) * 3))

    assert ids == ("deeper/img0.png", "deeper/img1.png", *(f"img{number}.png" for number in range(12)))
    assert inputs.shape == (14, 3, 12, 8)
    assert np.array_equal(inputs[4].transpose(1, 2, 0), np.asarray(Image.open(root / "img2.png")))


def test_predictions_see_what_training_saw(load, write_images):
    root = write_images({"train/a": 4, "train/b": 4, "val/a": 1, "test/a": 3}, size=(70, 90), suffix=".jpg")
    dataset = load(root)

    inputs, ids = load_inputs(root / "test", dataset.preparation)

    assert [f"test/{name}" for name in ids] == list(dataset.test.ids)
    assert np.array_equal(inputs, dataset.test.inputs)


def test_one_image_is_an_input(write_images):
    path = write_images({"a": 1}) / "a/img0.png"

    inputs, ids = load_inputs(path, ImagePreparation(1, 6, 6, 255, (0.5,), (0.2,)))

    assert inputs.shape == (1, 1, 6, 6)
    assert ids == (str(path),)


@pytest.mark.parametrize("key", ["images", "test_images"])
def test_an_archive_is_an_input(tmp_path, key):
    images = np.random.default_rng(0).integers(0, 256, (3, 6, 6), dtype=np.uint8)
    np.savez(tmp_path / "new.npz", **{key: images})

    inputs, ids = load_inputs(tmp_path / "new.npz", ImagePreparation(3, 6, 6, 255, (0.5,) * 3, (0.2,) * 3))

    assert np.array_equal(inputs, np.stack([images] * 3, axis=1))
    assert ids == ("0", "1", "2")


def test_inputs_that_cannot_be_read_are_refused_and_listed(write_images):
    root = write_images({".": 3})
    (root / "img1.png").write_bytes(b"junk")

    with pytest.raises(UserError, match=r"1 of 3 images can't be read: img1.png \(not a PNG") as caught:
        load_inputs(root, ImagePreparation(3, 12, 8, 255, (0.5,) * 3, (0.2,) * 3))

    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "There is no"), ("empty", "No images in"), ("a.txt", "must be a folder"), ("a.npz", "Got labels")],
)
def test_nothing_to_predict_is_refused(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").touch()
    np.savez(tmp_path / "a.npz", labels=np.zeros(3))

    with pytest.raises(UserError, match=message):
        load_inputs(tmp_path / name, ImagePreparation(1, 6, 6, 255, (0.5,), (0.2,)))


def test_importing_the_package_is_light():
    code = (
        "import sys, automl.data; print([m for m in ('sklearn', 'pandas', 'torch', 'PIL', 'rich') if m in sys.modules])"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def test_no_progress_bar_reaches_a_pipe(load, capfd):
    load(None)

    assert capfd.readouterr() == ("", "")
