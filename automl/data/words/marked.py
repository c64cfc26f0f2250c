"""Messages with the places of their words, and the rows that models get of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from automl.data.text.rows import MOST_BYTES, rows_of
from automl.data.words.sentence import cleaned
from automl.data.words.split import split_words


@dataclass(frozen=True)
class Marked:
    """A message.

    Args:
        text: As it was given.
        spans: Where each of its words begins and ends, in characters.
    """

    text: str
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, text: str) -> Marked:
        """A raw text, see `split_words`."""
        return cls(text, tuple(split_words(text)))

    @classmethod
    def joined(cls, words: Sequence[str]) -> Marked:
        """Words that somebody else has told apart, with a space between them."""
        ends = list(accumulate((len(word) + 1 for word in words), initial=0))
        spans = zip(ends, words, strict=False)
        return cls(" ".join(words), tuple((start, start + len(word)) for start, word in spans))

    @property
    def words(self) -> list[str]:
        """As models get them."""
        return [cleaned(self.text[start:end]) for start, end in self.spans]


def lay(messages: Sequence[Marked], most: int) -> np.ndarray:
    """uint8 (N, L): the messages' words in their order, in rows of up to `most` words, see `windows` and `rows_of`."""
    return rows_of([" ".join(words[part]) for words in (m.words for m in messages) for part in windows(words, most)])


def windows(words: Sequence[str], most: int) -> Iterator[slice]:
    """Parts of as many words each, `most` at most and as many as a row has room for; no part of no words."""
    parts = -(-len(words) // most)
    even = -(-len(words) // max(1, parts))
    start = size = 0
    for place, word in enumerate(words):
        own = len(word.encode("utf-8", "replace")) + 1
        if place - start == even or size + own > MOST_BYTES:
            yield slice(start, place)
            start, size = place, 0
        size += own
    if words:
        yield slice(start, len(words))
