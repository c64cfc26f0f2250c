"""Folders of images, as people have them."""

import shutil

import numpy as np
import pytest


def labels_by_id(split):
    return dict(zip(split.ids, split.targets.tolist(), strict=True))


def test_a_folder_per_class_is_split_70_10_20_with_every_class_in_every_split(load, write_images):
    dataset = load(write_images({"cats": 30, "dogs": 70}))

    assert dataset.name == "pets"
    assert dataset.task.class_names == ("cats", "dogs")
    assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [70, 10, 20]
    assert [np.bincount(split.targets).tolist() for split in (dataset.train, dataset.val, dataset.test)] == [
        [21, 49],
        [3, 7],
        [6, 14],
    ]
    everything = {**labels_by_id(dataset.train), **labels_by_id(dataset.val), **labels_by_id(dataset.test)}
    assert len(everything) == 100
    assert everything["cats/img3.png"] == 0
    assert everything["dogs/img69.png"] == 1


def test_the_seed_decides_the_split_and_repeats_it(load, write_images):
    root = write_images({"cats": 20, "dogs": 20})

    first, again, other = load(root, seed=1), load(root, seed=1), load(root, seed=2)

    assert first.test.ids == again.test.ids
    assert first.digest == again.digest
    assert first.test.ids != other.test.ids
    assert first.digest != other.digest


def test_the_split_does_not_depend_on_the_order_that_the_disk_lists_files_in(load, write_images, monkeypatch):
    import os

    root = write_images({"cats": 12, "dogs": 12})
    expected = load(root).test.ids
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda *a, **k: ((p, d, n[::-1]) for p, d, n in walk(*a, **k)))

    assert load(root).test.ids == expected


def test_given_splits_are_kept_whatever_val_is_called(load, write_images):
    for val in ("val", "valid", "Validation"):
        root = write_images({"train/a": 4, "train/b": 5, f"{val}/a": 2, f"{val}/b": 2, "test/a": 3, "test/b": 1})

        dataset = load(root)

        assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [9, 4, 4]
        assert dataset.val.ids == (f"{val}/a/img0.png", f"{val}/a/img1.png", f"{val}/b/img0.png", f"{val}/b/img1.png")
        assert not any("split by class" in line for line in dataset.report.lines())
        shutil.rmtree(root)


def test_a_missing_val_is_split_off_train_and_the_report_says_so(load, write_images):
    dataset = load(write_images({"train/a": 40, "train/b": 40, "test/a": 2, "test/b": 2}))

    assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [70, 10, 4]
    assert any("no val/" in line and "seed 0" in line for line in dataset.report.lines())


def test_a_missing_test_is_split_off_train_and_the_report_says_so(load, write_images):
    dataset = load(write_images({"train/a": 45, "train/b": 45, "val/a": 2, "val/b": 2}))

    assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [70, 4, 20]
    assert any("no test/" in line for line in dataset.report.lines())


def test_train_alone_is_split_in_three(load, write_images):
    dataset = load(write_images({"train/a": 10, "train/b": 10}))

    assert [len(split) for split in (dataset.train, dataset.val, dataset.test)] == [14, 2, 4]


def test_a_class_may_be_called_train(load, write_images):
    assert load(write_images({"bus": 5, "train": 5})).task.class_names == ("bus", "train")


def test_classes_are_in_natural_order(load, write_images):
    assert load(write_images({"10": 4, "9": 4, "1": 4})).task.class_names == ("1", "9", "10")


def test_images_deeper_in_a_class_folder_count(load, write_images):
    dataset = load(write_images({"a/monday": 3, "a/tuesday": 3, "b": 4}))

    assert dataset.task.class_names == ("a", "b")
    assert sum(dataset.report.class_counts["a"].values()) == 6


def test_linked_class_folders_are_followed(load, write_images, tmp_path):
    elsewhere = write_images({"x": 4}, root=tmp_path / "elsewhere") / "x"
    root = write_images({"a": 4})
    (root / "b").symlink_to(elsewhere)

    assert load(root).task.class_names == ("a", "b")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".bmp", ".tif", ".TIFF", ".webp", ".PNG"])
def test_every_format_is_read(load, write_images, suffix):
    assert load(write_images({"a": 3, "b": 3}, suffix=suffix)).train.inputs.shape == (2, 3, 12, 8)


def test_litter_is_ignored_and_other_files_are_counted(load, write_images):
    root = write_images({"a": 4, "b": 4, "__MACOSX": 2, ".hidden": 2})
    for name in ("a/.DS_Store", "a/Thumbs.db", "b/._img0.png", "b/notes.TXT", "README", "a/x.txt"):
        (root / name).write_bytes(b"not an image")

    dataset = load(root)

    assert dataset.task.class_names == ("a", "b")
    assert dataset.report.unreadable == ()
    assert dict(dataset.report.ignored) == {".txt": 2, "no suffix": 1}
    assert any("Ignored 3 other files" in line for line in dataset.report.lines())


def test_what_is_not_read_is_said(load, write_images):
    root = write_images({"train/a": 8, "train/b": 8, "unlabelled": 2, "train/": 1, "train/c": 0})

    lines = "\n".join(load(root).report.lines())

    assert "Not read: unlabelled, beside train/" in lines
    assert "Not read: 1 image outside the class folders, e.g. img0.png" in lines
    assert "No images in c of train/" in lines
