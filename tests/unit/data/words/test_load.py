"""Sentences of every form become the same data set."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from automl.data import Dataset, TextPreparation, texts_of

Rows = list[tuple[str, str]]
Load = Callable[..., Dataset]
Conll = Callable[[list[Rows]], str]
NAMES = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


def read_back(data: Dataset) -> list[Rows]:
    """Words and tags of all splits, sorted."""
    found = []
    for part in (data.train, data.val, data.test):
        for text, labels in zip(texts_of(part.inputs), part.targets, strict=True):
            words = text.split(" ")
            assert (labels >= 0).sum() == len(words)
            found.append([(word, data.task.class_names[label]) for word, label in zip(words, labels, strict=False)])
    return sorted(found)


def test_conll_is_read(load: Load, conll: Conll, sentences: list[Rows]) -> None:
    data = load(conll(sentences))
    assert read_back(data) == sorted(sentences)
    assert data.task.class_names == NAMES
    assert (len(data.train), len(data.val), len(data.test)) == (39, 9, 12)
    for part in (data.train, data.val, data.test):
        assert {1, 3} < set(part.targets.ravel().tolist())


@pytest.mark.parametrize("form", ["tabs", "columns", "remarks", "windows"])
def test_conll_has_many_forms(load: Load, sentences: list[Rows], form: str) -> None:
    def line(word: str, tag: str) -> str:
        return {"tabs": f"{word}\t{tag}", "columns": f"{word} NN B-NP {tag}"}.get(form, f"{word} {tag}")

    remark = "# sent_id = 1\n# text = we saw it\n" if form == "remarks" else ""
    text = "\n".join(remark + "".join(line(*row) + "\n" for row in rows) for rows in sentences)
    data = load(text.replace("\n", "\r\n") if form == "windows" else text)
    assert read_back(data) == sorted(sentences)


def test_a_word_may_be_a_hash(load: Load, conll: Conll, sentences: list[Rows]) -> None:
    sentences[0] = [("#", "O"), ("Ann", "B-PER")]
    assert [("#", "O"), ("Ann", "B-PER")] in read_back(load(conll(sentences)))


@pytest.mark.parametrize("keys", [("tokens", "tags"), ("tokens", "ner_tags"), ("words", "labels")])
def test_json_lines_of_tokens_are_read(load: Load, sentences: list[Rows], keys: tuple[str, str]) -> None:
    lines = [dict(zip(keys, zip(*rows, strict=True), strict=True)) for rows in sentences]
    assert read_back(load("\n".join(map(json.dumps, lines)), "sentences.jsonl")) == sorted(sentences)


@pytest.mark.parametrize("form", ["objects", "lists"])
def test_json_lines_of_places_are_read(load: Load, sentences: list[Rows], form: str) -> None:
    lines = []
    for rows in sentences:
        text = f"{' '.join(word for word, _ in rows[:-1])}."
        word, tag = rows[2]
        start = text.index(word)
        span = [start, start + len(word), tag[2:]]
        spans = [dict(zip(("start", "end", "label"), span, strict=True)) if form == "objects" else span]
        lines.append({"text": text, "entities": spans if tag != "O" else []})
    assert read_back(load("\n".join(map(json.dumps, lines)), "sentences.jsonl")) == sorted(sentences)


@pytest.mark.parametrize(
    "tags",
    [
        ("I-PER", "I-PER", "B-PER", "I-LOC"),
        ("B-PER", "I-PER", "B-PER", "B-LOC"),
        ("B-PER", "E-PER", "S-PER", "S-LOC"),
        ("B-PER", "L-PER", "U-PER", "U-LOC"),
        ("B-PER", "M-PER", "S-PER", "S-LOC"),
    ],
)
def test_any_scheme_of_tags_becomes_iob2(load: Load, conll: Conll, sentences: list[Rows], tags: tuple[str]) -> None:
    sentences[0] = [*zip(("Ann", "Lee", "Bob", "Rome"), tags, strict=True)]
    known = [("Ann", "B-PER"), ("Lee", "I-PER"), ("Bob", "B-PER"), ("Rome", "B-LOC")]
    assert known in read_back(load(conll(sentences)))


def test_a_folder_of_three_files_is_not_split(load: Load, conll: Conll, sentences: list[Rows], tmp_path: Path) -> None:
    parts = {"train.conll": sentences[:30], "dev.txt": sentences[30:45], "test.conll": sentences[45:]}
    for name, part in parts.items():
        (tmp_path / name).write_text(conll(part))
    data = load(tmp_path)
    assert texts_of(data.test.inputs) == [" ".join(word for word, _ in rows) for rows in sentences[45:]]
    assert data.test.ids[:2] == ("line 1", "line 6")
    assert len(data.val) == 15


def test_a_test_file_stands_beside(load: Load, conll: Conll, sentences: list[Rows], tmp_path: Path) -> None:
    (tmp_path / "test.conll").write_text(conll([[("Oslo", "B-CITY")]]))
    data = load(conll(sentences), test=str(tmp_path / "test.conll"))
    assert (len(data.train), len(data.val), len(data.test)) == (48, 12, 1)
    assert "CITY (0): fewer than 5 entities in train." in " ".join(data.report.lines())


def test_no_document_is_torn_apart(load: Load, conll: Conll, sentences: list[Rows]) -> None:
    blocks = [conll(sentences[start : start + 6]) for start in range(0, 60, 6)]
    data = load("".join(f"-DOCSTART- O\n\n{block}\n" for block in blocks))
    assert read_back(data) == sorted(sentences)
    documents = [set(part.groups.tolist()) for part in (data.train, data.val, data.test) if part.groups is not None]
    assert len(documents) == 3 and sum(map(len, documents)) == 10
    assert "by document, none torn apart," in " ".join(data.report.lines())


def test_too_few_documents_are_torn_apart_and_that_is_said(load: Load, conll: Conll, sentences: list[Rows]) -> None:
    blocks = (conll(sentences[:30]), conll(sentences[30:]))
    data = load("".join(f"-DOCSTART- O\n\n{block}\n" for block in blocks))
    assert "2 documents are too few for 3 splits: they are torn apart." in data.report.lines()
    assert data.train.groups is None


def test_a_long_sentence_is_read_in_parts(load: Load, conll: Conll, sentences: list[Rows]) -> None:
    sentences[0] = [("word", "O")] * 149 + [("New", "B-LOC"), ("York", "I-LOC")] + [("word", "O")] * 99
    data = load(conll(sentences))
    assert "Sentences of more than 100 words are read in parts: 2 rows more." in data.report.lines()
    assert sum((part.targets >= 0).sum() for part in (data.train, data.val, data.test)) == 59 * 4 + 250
    assert isinstance(data.preparation, TextPreparation)
    assert data.preparation.max_length >= data.preparation.words == 84


def test_each_word_has_a_first_token(load: Load, conll: Conll, sentences: list[Rows]) -> None:
    strange = ["\u200b", "a b", "💬", "Überweisung", "हिन्दी", "x" * 5_000, "\u00b4", "\u3000", "\x00"]
    sentences[0] = [(word, "O") for word in strange]
    lines = [dict(zip(("tokens", "tags"), zip(*rows, strict=True), strict=True)) for rows in sentences]
    data = load("\n".join(map(json.dumps, lines)), "sentences.jsonl")
    assert isinstance(data.preparation, TextPreparation)
    for part in (data.train, data.val, data.test):
        tokens = data.preparation.tokenize(texts_of(part.inputs))
        np.testing.assert_array_equal((tokens > 0).sum(1), (part.targets >= 0).sum(1))
        assert tokens.shape[1] <= data.task.input_shape[0]


def test_what_was_found_is_said(load: Load, conll: Conll, sentences: list[Rows]) -> None:
    lines = load(conll(sentences)).report.lines()
    assert lines[0] == "sentences: 60 sentences of 240 words, entities of 2 types"
    assert lines[2].split() == ["LOC", "13", "3", "4"]
    assert lines[4].split() == ["sentences", "39", "9", "12"]
    assert lines[5].split() == ["words", "156", "36", "48"]


def test_what_was_learned_of_words_travels_with_the_model(load: Load, conll: Conll, sentences: list[Rows]) -> None:
    preparation = load(conll(sentences)).preparation
    assert isinstance(preparation, TextPreparation)
    again = TextPreparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    assert again == preparation
    np.testing.assert_array_equal(again.tokenize(["Ann saw1 Paris"]), preparation.tokenize(["Ann saw1 Paris"]))
