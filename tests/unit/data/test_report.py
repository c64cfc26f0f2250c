"""What a person is told about the data."""

import shutil

import numpy as np


def test_classes_and_splits_are_counted_in_a_table(load, write_images):
    lines = load(write_images({"cats": 30, "dogs": 70})).report.lines()

    assert lines[:5] == [
        "pets: 100 images, 2 classes, RGB 12 x 8 px",
        "         train  val  test",
        "  cats      21    3     6",
        "  dogs      49    7    14",
        "  total     70   10    20",
    ]
    assert lines[5] == "Size: 12 x 8 px (the size of all images)."


def test_many_classes_are_cut(load, write_images):
    lines = load(write_images({f"c{number}": 3 for number in range(15)})).report.lines()

    assert any(line.split()[0] == "c11" for line in lines)
    assert not any(line.split()[0] == "c12" for line in lines)
    assert "  and 3 more" in lines


def test_mixed_sizes_are_told(load, write_images):
    write_images({"a": 5}, size=(40, 60))
    dataset = load(write_images({"b": 4}, size=(100, 30)))

    assert dataset.task.input_shape == (3, 40, 40)
    assert dataset.report.sizes == ((40, 60, 5), (100, 30, 4))
    assert any("There are 2 sizes, most often 40 x 60 (5 images)" in line for line in dataset.report.lines())


def test_a_reduced_size_is_told_with_the_way_to_choose_more(load, write_images):
    lines = load(write_images({"a": 3, "b": 3}, size=(100, 90))).report.lines()

    (line,) = [line for line in lines if line.startswith("Size")]
    assert line.startswith("Size: 64 x 64 px")
    assert "--image-size" in line
    assert "All images were 100 x 90" in line


def test_copies_across_splits_are_a_warning_with_an_example(load, write_images):
    root = write_images({"train/a": 5, "train/b": 5, "val/a": 2, "val/b": 2, "test/a": 2, "test/b": 2})
    shutil.copy(root / "train/a/img4.png", root / "test/a/img1.png")

    report = load(root).report

    (found,) = report.duplicates_across
    assert (found.first_split, found.split, found.count) == ("train", "test", 1)
    assert found.example == ("train/a/img4.png", "test/a/img1.png")
    assert report.duplicates_within == ()
    assert report.contradictions is None
    (line,) = [line for line in report.lines() if "copies" in line]
    assert line.startswith("Warning: ")
    assert "test/a/img1.png of train/a/img4.png" in line


def test_copies_are_named_rightly_beside_damaged_files(load, write_images):
    root = write_images({"train/a": 30, "train/b": 30, "val/a": 2, "val/b": 2, "test/a": 2, "test/b": 2}, size=(40, 40))
    shutil.copy(root / "train/a/img9.png", root / "test/a/img1.png")
    damaged = root / "train/a/img3.png"
    damaged.write_bytes(damaged.read_bytes()[:2000])

    report = load(root).report

    assert [name for name, _ in report.unreadable] == ["train/a/img3.png"]
    assert [found.example for found in report.duplicates] == [("train/a/img9.png", "test/a/img1.png")]


def test_copies_within_a_split_are_told(load, write_images):
    root = write_images({"train/a": 5, "train/b": 5, "val/a": 2, "val/b": 2, "test/a": 2, "test/b": 2})
    shutil.copy(root / "train/a/img4.png", root / "train/a/img2.png")

    report = load(root).report

    assert report.duplicates_across == ()
    assert "Exact copies within a split: 1 in train." in report.lines()


def test_copies_with_another_label_are_a_warning(load, write_images):
    root = write_images({"train/a": 5, "train/b": 5, "val/a": 2, "val/b": 2, "test/a": 2, "test/b": 2})
    shutil.copy(root / "train/a/img4.png", root / "train/b/img2.png")

    (line,) = [line for line in load(root).report.lines() if "another label" in line]

    assert "train/a/img4.png and train/b/img2.png" in line


def test_copies_in_an_archive_are_told_by_row(load, write_npz):
    rng = np.random.default_rng(0)
    train, test = (rng.integers(0, 256, (count, 10, 10), dtype=np.uint8) for count in (20, 8))
    test[3] = train[7]

    report = load(write_npz(train_images=train, test_images=test)).report

    assert any("test row 3 of train row 7" in line for line in report.lines())


def test_a_class_missing_in_val_or_test_is_a_warning(load, write_images):
    root = write_images({"train/a": 5, "train/b": 5, "val/a": 2, "test/a": 2, "test/b": 2})

    assert "Warning: val has no images of b." in load(root).report.lines()
