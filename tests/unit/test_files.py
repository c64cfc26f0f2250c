"""Files are written whole or not at all, and a full disk is named."""

import errno
from pathlib import Path

import pytest

from automl.errors import DiskFull
from automl.files import is_full, readable, replacing

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_replaced_when_all_of_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "notes.json"
    for text in ("one", "two"):
        with replacing(path) as file:
            file.write_text(text)
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


def failing(path: Path, error: Exception, size: int = 0) -> None:
    """Fails when it has written a part."""
    with replacing(path, size) as file:
        file.write_text("tw")
        raise error


def test_what_fails_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text("one")
    with pytest.raises(ValueError, match="no"):
        failing(path, ValueError("no"))
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named_with_what_is_needed_and_free(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    path.write_text("former")
    with pytest.raises(DiskFull) as raised:
        failing(path, NO_SPACE, 45_000_000)
    message = str(raised.value)
    assert message.startswith(f"the disk of {tmp_path} is full: 45 MB needed, ") and message.endswith("B free")
    assert path.read_text() == "former" and list(tmp_path.iterdir()) == [path]


def test_the_innermost_file_is_the_one_that_had_no_room(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="is full: 3 MB needed"), replacing(tmp_path / "outer", 1):
        failing(tmp_path / "inner", NO_SPACE, 3_000_000)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_known_by_its_error_whoever_raises_it() -> None:
    assert is_full(NO_SPACE) and is_full(OSError(errno.EDQUOT, "quota")) and is_full(DiskFull("the disk ..."))
    assert is_full(RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"))
    assert not is_full(OSError(errno.EACCES, "denied")) and not is_full(RuntimeError("os error 13"))
    assert not is_full(RuntimeError("no"))


def test_sizes_are_for_people() -> None:
    sizes = (0, 512, 44_700_000, 999, 1_000_000, 20_000_000_000)
    assert [readable(size) for size in sizes] == ["0 bytes", "512 bytes", "44.7 MB", "999 bytes", "1 MB", "20 GB"]
