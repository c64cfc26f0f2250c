"""What was read of texts is kept in files, part by part."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from automl.training import kept_readings
from automl.training.kept_readings import read_once

TEXTS = [f"text {number}" for number in range(10)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(kept_readings, "CHUNK", 4)
    return []


@pytest.fixture
def read(asked: list[str]) -> Callable[[list[str]], np.ndarray]:
    def lengths(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        width = max(map(len, texts))
        return np.array([list(text.encode().ljust(width, b"\0")) for text in texts], np.int32)

    return lengths


def test_what_was_read_before_is_not_read_again(
    tmp_path: Path, asked: list[str], read: Callable[[list[str]], np.ndarray]
) -> None:
    first = read_once(tmp_path, TEXTS, read)
    assert asked == TEXTS
    again = read_once(tmp_path, [*TEXTS[5:], "new", "longer than others"], read)
    assert asked[10:] == ["new", "longer than others"]
    assert again[:5, : first.shape[1]].tolist() == first[5:].tolist()


def test_who_is_ended_in_the_middle_leaves_what_was_done(
    tmp_path: Path, asked: list[str], read: Callable[[list[str]], np.ndarray]
) -> None:
    def dies(texts: list[str]) -> np.ndarray:
        if len(asked) >= 8:
            raise KeyboardInterrupt
        return read(texts)

    with pytest.raises(KeyboardInterrupt):
        read_once(tmp_path, TEXTS, dies)
    assert read_once(tmp_path, TEXTS, read).shape == (10, 6)
    assert asked == TEXTS


def test_a_damaged_file_is_read_anew(tmp_path: Path, asked: list[str], read: Callable[[list[str]], np.ndarray]) -> None:
    read_once(tmp_path, TEXTS, read)
    next(tmp_path.glob("*.safetensors")).write_bytes(b"no")
    read_once(tmp_path, TEXTS, read)
    assert 10 < len(asked) < 20
