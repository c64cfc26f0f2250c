from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.data import Dataset, TextOptions, load_words

Rows = list[tuple[str, str]]


@pytest.fixture
def sentences() -> list[Rows]:
    """60 sentences, each of 4 words; two of three have an entity."""
    names = [("Ann", "PER"), ("Paris", "LOC"), ("", "")]
    found = []
    for number in range(60):
        name, kind = names[number % 3]
        found.append([("we", "O"), (f"saw{number}", "O"), (name or "it", f"B-{kind}" if kind else "O"), (".", "O")])
    return found


@pytest.fixture
def conll() -> Callable[[list[Rows]], str]:
    """conll(sentences) -> a word and its tag a line."""

    def make(sentences: list[Rows]) -> str:
        return "\n".join("".join(f"{word} {tag}\n" for word, tag in rows) for rows in sentences)

    return make


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    """load("Paris B-LOC\\n...", "name.conll", test=...) -> the data set of a file with this text."""

    def make(content: Any, name: str = "sentences.conll", seed: int = 0, **options: Any) -> Dataset:
        path = content
        if isinstance(content, str):
            path = tmp_path / name
            path.write_text(content, encoding="utf-8")
        return load_words(path, TextOptions(**options), task_kind="token-classification", seed=seed)

    return make
