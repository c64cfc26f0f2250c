"""Messages as words, and where these stand."""

import json
from pathlib import Path

import numpy as np
import pytest

from automl.data import Marked, TextPreparation, lay, read_marked_blocks, texts_of
from automl.data.words.marked import windows

PREPARATION = TextPreparation.fit_words(["Ann lives in Paris"], "text", 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ann Lee lives in Paris.", ["Ann", "Lee", "lives", "in", "Paris", "."]),
        ("Don't!  e-mail\tme\nat snake_case_7", ["Don", "'", "t", "!", "e", "-", "mail", "me", "at", "snake_case_7"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("Москва—город", ["Москва", "—", "город"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("$5 💬", ["$", "5", "💬"]),
        (" \x00\n ", []),
        ("", []),
    ],
)
def test_a_text_is_split_into_words_and_marks(text: str, words: list[str]) -> None:
    marked = Marked.of(text)
    assert [text[start:end] for start, end in marked.spans] == words
    assert marked.words == words


def test_words_that_others_have_told_apart_stay_as_they_are() -> None:
    marked = Marked.joined(["New-York", "isn't"])
    assert marked.text == "New-York isn't"
    assert marked.spans == ((0, 8), (9, 14))


def test_long_messages_are_laid_in_even_rows() -> None:
    messages = [Marked.of("a b c d e f g"), Marked.of(""), Marked.of("h")]
    assert texts_of(lay(messages, 3)) == ["a b c", "d e f", "g", "h"]
    assert lay([], 3).shape == (0, 1)


def test_rows_hold_all_bytes_of_their_words() -> None:
    words = ["ж" * 200] * 100
    found = list(windows(words, 100))
    assert [word for part in found for word in words[part]] == words
    assert len(texts_of(lay([Marked.joined(words)], 100))[0].split(" ")) == len(words[found[0]])


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("new.conll", "New-York NN\nis VB\n\nRome NN\n", ["New-York is", "Rome"]),
        ("new.conll", "New-York\nis\n", ["New-York is"]),
        ("new.jsonl", json.dumps({"tokens": ["New-York", "is"]}), ["New-York is"]),
        ("new.jsonl", json.dumps({"text": " New-York  is"}), [" New-York  is"]),
        ("new.txt", "New-York is\n\nRome\n", ["New-York is", "", "Rome"]),
        ("new.csv", "id,text\n7, New-York is\n", [" New-York is"]),
    ],
)
def test_messages_to_predict_come_in_many_forms(tmp_path: Path, name: str, content: str, texts: list[str]) -> None:
    (tmp_path / name).write_text(content)
    blocks = list(read_marked_blocks(tmp_path / name, PREPARATION))
    found = [message for _, block in blocks for message in block]
    assert [one for ids, _ in blocks for one in ids] == [str(number) for number in range(1, len(found) + 1)]
    assert [message.text for message in found] == texts
    keeps = name.endswith("conll") or "tokens" in content
    assert len(found[0].spans) == (2 if keeps else 4)


def test_a_message_itself_is_one(tmp_path: Path) -> None:
    ((_, block),) = read_marked_blocks(Path("Ann lives in Paris"), PREPARATION)
    assert np.array(block[0].spans).tolist() == [[0, 3], [4, 9], [10, 12], [13, 18]]


def test_files_of_a_folder_name_their_messages(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text("Ann lives\nin Paris")
    ((ids, block),) = read_marked_blocks(tmp_path, PREPARATION)
    assert ids == ["a.txt", "b.txt"]
    assert block[0].words == ["Ann", "lives", "in", "Paris"]
