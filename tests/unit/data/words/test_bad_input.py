"""What isn't labelled words is refused: what was wrong, in which line."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.data import Dataset
from automl.errors import UserError

Rows = list[tuple[str, str]]
Load = Callable[..., Dataset]
GOOD = "Ann B-PER\nran O\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ann B-PER\nran\n", "Line 2 of .* has one column, 'ran'"),
        ("Ann\tB-PER\n\tO\n", "Line 2 of .* has the tag O, but no word"),
        ("Ann B-PER\nParis LOC\n", "Line 2 of .* has the tag 'LOC': tags are O, or a letter of IOB"),
        ("Ann B-PER\nParis _\n", "Line 2 of .* has the tag '_'"),
        ("Ann O\nran O\n", "has no entity: each of its words has the tag O"),
        ("\n\n", "has no sentences"),
        ("", "has no sentences"),
        (f"{GOOD}\n{GOOD}", "2 sentences are too few to be split into 3 parts"),
    ],
)
def test_bad_conll_is_refused(load: Load, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        load(text)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"tokens": ["Ann", "ran"], "tags": ["B-PER"]}, "Line 2 of .* has 2 tokens and 1 tags"),
        ({"tokens": ["Ann"], "tags": "B-PER"}, "has 1 tokens and no list of tags"),
        ({"tokens": ["Ann"], "ner_tags": [1]}, "has 1 for a tag; tags are names, as B-LOC"),
        ({"tokens": ["Ann"], "tags": ["PER"]}, "has the tag 'PER'"),
        ({"tokens": ["Ann"]}, "has tokens, but none of tags, ner_tags, labels"),
        ({"tokens": "Ann"}, "must have a list of strings as tokens"),
        ({"tokens": [1], "tags": ["O"]}, "must have a list of strings as tokens"),
        ({"words_": ["Ann"]}, "has neither tokens nor a text"),
        ({"text": "Ann ran"}, "has a text, but no list of entities"),
        ({"text": "Ann", "entities": [{"start": 0, "end": 3}]}, "isn't a start, an end and a label"),
        ({"text": "Ann", "entities": [[0, "3", "PER"]]}, "isn't a start, an end and a label"),
        ({"text": "Ann", "entities": [[0, 9, "PER"]]}, "has the entity 0 to 9 in a text of 3 characters"),
        ({"text": "Ann", "entities": [[2, 2, "PER"]]}, "has the entity 2 to 2 in a text of 3 characters"),
        ({"text": "Ann  ran", "entities": [[3, 5, "PER"]]}, "has an entity without a word, '  '"),
        ({"text": "Ann Lee ran", "entities": [[0, 7, "PER"], [4, 11, "LOC"]]}, "has two entities at 'Lee ran'"),
        ([1], "must be an object"),
    ],
)
def test_bad_json_lines_are_refused_by_their_number(load: Load, row: Any, said: str) -> None:
    good = {"tokens": ["Ann"], "tags": ["B-PER"]}
    with pytest.raises(UserError, match=f"Line 2 of .*{said}" if not said.startswith("Line") else said):
        load(f"{json.dumps(good)}\n{json.dumps(row)}\n", "sentences.jsonl")


def test_what_is_no_json_is_refused(load: Load) -> None:
    with pytest.raises(UserError, match=r"Line 1 of .* is no JSON"):
        load("{", "sentences.jsonl")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"Ann B-PER\n\xff\xfe\x00\x01", "line 2 isn't"), (b"\x00\x01\x02 O\n", "it has null bytes")],
)
def test_garbage_is_refused(load: Load, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "sentences.conll").write_bytes(content)
    with pytest.raises(UserError, match=f"sentences.conll must be text.*{said}"):
        load(tmp_path / "sentences.conll")


def test_entities_within_words_are_widened_and_counted(load: Load) -> None:
    rows = [{"text": f"we saw Paris{n}", "entities": [[7, 12, "LOC"] if n % 2 else [7, 13, "LOC"]]} for n in range(10)]
    notes = load("\n".join(map(json.dumps, rows)), "sentences.jsonl").report.lines()
    assert any(
        note.startswith("5 of 10 entities of sentences.jsonl begin or end within a word, e.g. 'Paris' in line 2: they")
        for note in notes
    )


@pytest.mark.parametrize("name", ["sentences.csv", "sentences.parquet"])
def test_a_table_holds_no_labelled_words(load: Load, name: str) -> None:
    with pytest.raises(UserError, match=re.escape("Labelled words come in files of CoNLL's form or JSON lines")):
        load(GOOD, name)


def test_a_file_that_is_not_there_is_said(load: Load, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no .*nothing.conll"):
        load(tmp_path / "nothing.conll")


def test_a_folder_needs_a_train_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "dev.conll").write_text(GOOD)
    with pytest.raises(UserError, match="has no train file"):
        load(tmp_path)


def test_a_folder_with_two_files_for_a_split_is_refused(load: Load, tmp_path: Path) -> None:
    for name in ("train.conll", "dev.conll", "valid.txt"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(UserError, match=r"has two files for val: dev.conll and valid.txt"):
        load(tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"text": ("body",)},
        {"target": "tag"},
        {"group": "customer"},
        {"time_column": "date"},
        {"mask_pii": True},
        {"out_of_scope": ("others.csv",)},
        {"rejects": "none_of_them"},
    ],
)
def test_what_is_for_labelled_messages_is_refused(load: Load, options: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="is for messages with one label each"):
        load(GOOD, **options)
