"""JSON lines of words with tags, or of texts with the places of their entities."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.data.words.conll import check_tag, read_lines
from automl.data.words.marked import Marked
from automl.data.words.sentence import Sentence, cleaned
from automl.data.words.split import split_words
from automl.data.words.tags import OUTSIDE, as_iob2
from automl.errors import UserError

WORDS = ("tokens", "words")
TAGS = ("tags", "ner_tags", "labels")
TEXT = "text"
SPANS = ("entities", "spans", "label", "labels")
KINDS = ("label", "type", "entity")
HINT = (
    'A line is {"tokens": ["Paris"], "tags": ["B-LOC"]} or {"text": "Paris", "entities": [{"start": 0, "end": 5, '
    '"label": "LOC"}]}.'
)


@dataclass
class Widened:
    """Entities whose places are within words: how many there are, and an example."""

    count: int = 0
    example: str = ""
    seen: int = 0


@dataclass(frozen=True)
class Reader:
    """Reads a file; what was widened is counted in `widened`."""

    path: Path
    widened: Widened = field(default_factory=Widened)

    def sentences(self) -> Iterator[Sentence]:
        """One for each line that has words.

        Raises:
            UserError: A line isn't of one of both forms.
        """
        for number, row in self._rows():
            words = _first(row, WORDS)
            sentence = self._of_text(row, number) if words is None else self._of_words(row, words, number)
            if sentence.words:
                yield sentence

    def marked(self) -> Iterator[Marked]:
        """The text or the words of each line, whatever it tells of entities.

        Raises:
            UserError: A line has neither.
        """
        for number, row in self._rows():
            words = _first(row, WORDS)
            yield Marked.of(self._text(row, number)) if words is None else Marked.joined(self._words(words, number))

    def _rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Line number and object of each."""
        for number, line in enumerate(read_lines(self.path), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise self._wrong(number, f"is no JSON: {error.msg} at column {error.colno}") from error
            if not isinstance(row, dict):
                raise self._wrong(number, f"must be an object, got {line.strip()[:40]}")
            yield number, row

    def _of_words(self, row: Mapping[str, Any], words: Any, number: int) -> Sentence:
        known = self._words(words, number)
        tags = _first(row, TAGS)
        if tags is None:
            raise self._wrong(number, f"has tokens, but none of {', '.join(TAGS)}")
        if not isinstance(tags, list) or len(tags) != len(known):
            found = len(tags) if isinstance(tags, list) else "no list of"
            raise self._wrong(number, f"has {len(known)} tokens and {found} tags")
        for tag in tags:
            if not isinstance(tag, str):
                raise self._wrong(number, f"has {json.dumps(tag)[:40]} for a tag; tags are names, as B-LOC")
            check_tag(tag, f"Line {number} of {self.path}")
        return Sentence(known, as_iob2(tags), number)

    def _of_text(self, row: Mapping[str, Any], number: int) -> Sentence:
        text = self._text(row, number)
        places = split_words(text)
        words = tuple(cleaned(text[start:end]) for start, end in places)
        tags = [OUTSIDE] * len(words)
        for start, end, kind in self._spans(row, text, number):
            inside = [place for place, (first, last) in enumerate(places) if first < end and last > start]
            if not inside:
                raise self._wrong(number, f"has an entity without a word, {text[start:end]!r}")
            if any(tags[place] != OUTSIDE for place in inside):
                raise self._wrong(number, f"has two entities at {text[start:end][:40]!r}")
            self._count(places[inside[0]][0] < start or places[inside[-1]][1] > end, text[start:end], number)
            for place in inside:
                tags[place] = f"{'B' if place == inside[0] else 'I'}-{kind}"
        return Sentence(words, tuple(tags), number)

    def _text(self, row: Mapping[str, Any], number: int) -> str:
        text = row.get(TEXT)
        if not isinstance(text, str):
            raise self._wrong(number, "has neither tokens nor a text")
        return text

    def _words(self, words: Any, number: int) -> tuple[str, ...]:
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise self._wrong(number, "must have a list of strings as tokens")
        return tuple(map(cleaned, words))

    def _spans(self, row: Mapping[str, Any], text: str, number: int) -> list[tuple[int, int, str]]:
        found = _first(row, SPANS)
        if not isinstance(found, list):
            raise self._wrong(number, "has a text, but no list of entities")
        spans = []
        for span in found:
            if isinstance(span, dict):
                span = [span.get("start"), span.get("end"), _first(span, KINDS)]
            known = isinstance(span, list) and len(span) == 3 and isinstance(span[2], str) and span[2].strip()
            if not known or not all(type(place) is int for place in span[:2]):
                raise self._wrong(number, "has an entity that isn't a start, an end and a label")
            start, end, kind = span
            if not 0 <= start < end <= len(text):
                raise self._wrong(number, f"has the entity {start} to {end} in a text of {len(text)} characters")
            spans.append((start, end, kind.strip()))
        return sorted(spans)

    def _count(self, is_wider: bool, said: str, number: int) -> None:
        self.widened.seen += 1
        self.widened.count += is_wider
        if is_wider:
            self.widened.example = self.widened.example or f"{said[:40]!r} in line {number}"

    def _wrong(self, number: int, what: str) -> UserError:
        return UserError(f"Line {number} of {self.path} {what}.", hint=HINT)


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if name in row), None)
