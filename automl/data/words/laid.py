"""Labelled sentences as rows of arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automl.data.text.rows import rows_of
from automl.data.words.marked import windows
from automl.data.words.sentence import Sentence
from automl.data.words.tags import as_iob2, kind_of


@dataclass(frozen=True)
class Laid:
    """Rows of up to so many words.

    Args:
        words, tags: Of each row.
        sentences: Of each row the number of its sentence.
    """

    words: list[tuple[str, ...]]
    tags: list[tuple[str, ...]]
    sentences: np.ndarray

    @classmethod
    def of(cls, sentences: Sequence[Sentence], most: int) -> Laid:
        """Longer sentences in parts; an entity that is torn apart begins anew."""
        parts = [(n, one, part) for n, one in enumerate(sentences) for part in windows(one.words, most)]
        words = [one.words[part] for _, one, part in parts]
        tags = [as_iob2(one.tags[part]) for _, one, part in parts]
        return cls(words, tags, np.array([number for number, _, _ in parts]))

    @property
    def texts(self) -> list[str]:
        """The words of each row with a space between them."""
        return [" ".join(words) for words in self.words]

    @property
    def inputs(self) -> np.ndarray:
        """uint8 (N, L), see `rows_of`."""
        return rows_of(self.texts)

    @property
    def entities(self) -> Counter[str]:
        """How many there are of each type."""
        return Counter(kind_of(tag) for tags in self.tags for tag in tags if tag.startswith("B-"))

    def targets(self, class_names: Sequence[str], width: int) -> np.ndarray:
        """int64 (N, width): the class of each word, -1 behind the last one."""
        place = {name: label for label, name in enumerate(class_names)}
        targets = np.full((len(self.tags), width), -1, np.int64)
        for row, tags in zip(targets, self.tags, strict=True):
            row[: len(tags)] = [place[tag] for tag in tags]
        return targets
