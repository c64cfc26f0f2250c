"""What flatters scores or contradicts itself is said before the first trial, by real sentences."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from automl.data import Dataset
from automl.data.text.copies import folded
from automl.data.text.shingles import nearest

Load = Callable[..., Dataset]


def split(tickets: pd.DataFrame, folder: Path, test: list[tuple[str, str]]) -> Path:
    tickets[:45].to_csv(folder / "train.csv", index=False)
    tickets[45:].to_csv(folder / "val.csv", index=False)
    pd.DataFrame(test, columns=["text", "label"]).to_csv(folder / "test.csv", index=False)
    return folder


def told(load: Load, path: Path) -> str:
    return "\n".join(load(path).report.lines())


def test_copies_in_another_split_are_shown(load: Load, tickets: pd.DataFrame, tmp_path: Path) -> None:
    copied = [(text.upper() + "!", label) for text, label in tickets[:3].itertuples(index=False)]
    said = told(load, split(tickets, tmp_path, copied))
    assert "3 of 3 messages in test are the same but for case and punctuation in train" in said
    assert f'"{copied[0][0]}" of "{tickets["text"][0]}"' in said


def test_near_copies_in_another_split_are_shown(load: Load, tickets: pd.DataFrame, tmp_path: Path) -> None:
    near = [(f"{text} please", label) for text, label in tickets[:3].itertuples(index=False)]
    said = told(load, split(tickets, tmp_path, near))
    assert "3 of 3 messages in test are nearly the same as one in train" in said


def test_one_message_with_two_labels_is_shown(load: Load, tickets: pd.DataFrame, tmp_path: Path) -> None:
    said = told(load, split(tickets, tmp_path, [(tickets["text"][0], "cancel")]))
    assert '1 messages have several labels: "when do i get the money for order 0 back" is refund and cancel' in said


def test_near_copies_of_many_messages_are_found_among_all() -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"word{number}" for number in range(300)])
    texts = [" ".join(rng.choice(words, 12)) for _ in range(2_000)]
    changed = [f"{text} word" for text in texts[:200]]
    found = nearest(changed, texts)
    assert [pair for pair in found if pair[0] != pair[1]] == []
    assert len(found) > 195
    assert nearest(["completely different"], texts) == []
    assert nearest([], texts) == nearest(texts, []) == []


def test_texts_of_no_letters_are_themselves() -> None:
    assert folded("???") == "???"
    assert folded("Hi, there!") == "hi there"
