"""Memory, memory maps and the cache of decoded images."""

import json
import os
import shutil
from collections import namedtuple

import numpy as np
import pytest

from automl.data.pixels import Header, read_header
from automl.data.preparation import ImagePreparation
from automl.errors import UserError


def cached(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").iterdir())


def same(one, other) -> bool:
    return one.digest == other.digest and all(
        np.array_equal(getattr(one, split).inputs, getattr(other, split).inputs)
        and np.array_equal(getattr(one, split).targets, getattr(other, split).targets)
        and getattr(one, split).ids == getattr(other, split).ids
        for split in ("train", "val", "test")
    )


def test_what_fits_stays_in_memory_and_writes_nothing(load, write_images, tmp_path):
    dataset = load(write_images({"a": 10, "b": 10}), memory_limit=20 * 12 * 8 * 3)

    assert not isinstance(dataset.train.inputs, np.memmap)
    assert not (tmp_path / "cache").exists()


def test_what_does_not_fit_is_mapped_read_only_with_the_same_content(load, write_images, tmp_path):
    root = write_images({"a": 10, "b": 10})

    mapped = load(root, memory_limit=20 * 12 * 8 * 3 - 1)

    assert isinstance(mapped.train.inputs, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        mapped.train.inputs[0] = 0
    in_memory = load(root)
    assert same(mapped, in_memory)
    assert mapped.preparation == in_memory.preparation
    assert mapped.report == in_memory.report
    assert len(cached(tmp_path)) == 1


def test_the_map_is_reused_while_the_files_are_the_same(load, write_images, tmp_path, monkeypatch):
    root = write_images({"a": 10, "b": 10})
    first = load(root, memory_limit=1)

    def refuse(*_):
        raise AssertionError("decoded again")

    monkeypatch.setattr(ImagePreparation, "decode", refuse)

    assert same(load(root, memory_limit=1), first)


@pytest.mark.parametrize("change", ["content", "size", "seed"])
def test_the_map_is_written_anew_when_the_images_or_their_size_or_order_change(load, write_images, tmp_path, change):
    root = write_images({"a": 10, "b": 10})
    load(root, memory_limit=1)
    if change == "content":
        shutil.copy(root / "b/img0.png", root / "a/img0.png")
        os.utime(root / "a/img0.png", ns=(1, 1))

    options = {"content": {}, "size": {"image_size": 16}, "seed": {"seed": 5}}[change]
    again = load(root, memory_limit=1, **options)

    assert same(again, load(root, **options))
    assert len(cached(tmp_path)) == 2


def test_a_broken_decoding_leaves_nothing_that_looks_finished(load, write_images, tmp_path, monkeypatch):
    root = write_images({"a": 10, "b": 10})

    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ImagePreparation, "decode", fail)
        with pytest.raises(KeyboardInterrupt):
            load(root, memory_limit=1)

    assert cached(tmp_path) == []
    assert same(load(root, memory_limit=1), load(root))


def test_a_process_that_was_slower_uses_the_others_map(load, write_images, tmp_path, monkeypatch):
    root = write_images({"a": 10, "b": 10})
    expected = load(root, memory_limit=1)
    (folder,) = (tmp_path / "cache").iterdir()
    exists = type(folder).exists
    answers = iter([False])  # the first time we look, the other isn't done yet
    monkeypatch.setattr(type(folder), "exists", lambda path: next(answers, True) if path == folder else exists(path))

    assert same(load(root, memory_limit=1), expected)
    assert cached(tmp_path) == [folder.name]


def test_damaged_files_are_remembered_with_the_map(load, write_images):
    root = write_images({"a": 30, "b": 30}, size=(40, 40))
    path = root / "a/img3.png"
    path.write_bytes(path.read_bytes()[:2000])
    in_memory = load(root)

    first, again = load(root, memory_limit=1), load(root, memory_limit=1)

    assert [name for name, _ in again.report.unreadable] == ["a/img3.png"]
    assert same(first, in_memory)
    assert same(again, in_memory)
    assert again.preparation == in_memory.preparation


def test_an_npz_can_be_mapped_too(load, write_npz):
    path = write_npz()

    mapped = load(path, memory_limit=1)

    assert isinstance(mapped.test.inputs, np.memmap)
    assert same(mapped, load(path))


def test_a_full_disk_is_refused_before_anything_is_written(load, write_images, monkeypatch):
    usage = namedtuple("usage", "total used free")(100, 100, 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(UserError, match=r"need 0\.0 GB in .*cache. Got 0\.0 GB free") as caught:
        load(write_images({"a": 10, "b": 10}), memory_limit=1)

    assert "--image-size" in (caught.value.hint or "")


def test_mean_and_std_are_those_of_the_train_pixels(load, write_images):
    dataset = load(write_images({"a": 40, "b": 40}))

    pixels = dataset.train.inputs / 255
    assert np.allclose(dataset.preparation.mean, pixels.mean(axis=(0, 2, 3)))
    assert np.allclose(dataset.preparation.std, pixels.std(axis=(0, 2, 3)))


def test_the_std_of_a_constant_channel_is_not_0(load, write_npz):
    black = np.zeros((20, 10, 10), np.uint8)

    assert load(write_npz(train_images=black)).preparation.std == (1e-3,)


def test_headers_are_not_decoded(write_images, monkeypatch):
    from PIL.PngImagePlugin import PngImageFile

    root = write_images({"a": 1})

    def refuse(_):
        raise AssertionError("decoded")

    monkeypatch.setattr(PngImageFile, "load", refuse)

    assert read_header(root / "a/img0.png") == Header(12, 8, "RGB")


def test_failures_are_kept_as_json(load, write_images, tmp_path):
    load(write_images({"a": 10, "b": 10}), memory_limit=1)
    (folder,) = (tmp_path / "cache").iterdir()

    assert json.loads((folder / "failures.json").read_text()) == {}
