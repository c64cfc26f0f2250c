"""What was found in messages, for people, before the first trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl.data.report import split_table
from automl.data.source import count_of
from automl.data.text.scripts import scripts


@dataclass(frozen=True)
class Lengths:
    """Of messages, in characters and in tokens of the trained tokenizer."""

    characters: tuple[int, int, int]
    tokens: tuple[int, int, int]
    scripts: Mapping[str, float]

    @classmethod
    def of(cls, texts: Sequence[str], tokens: np.ndarray) -> Lengths:
        """Each as median, 99th percentile and most."""
        characters = np.fromiter(map(len, texts), np.int64, len(texts))
        return cls(_quantiles(characters), _quantiles((tokens > 0).sum(axis=1)), scripts(texts))

    def __str__(self) -> str:
        (middle, long, most), (token, many, _) = self.characters, self.tokens
        written = ", ".join(f"{script} {share:.3g} %" for script, share in self._percent.items())
        return (
            f"Length: {middle:,} characters at the median, 1 % longer than {long:,}, the longest {most:,}; {token:,} "
            f"tokens at the median, 1 % more than {many:,}. Script: {written or 'no letters'}."
        )

    @property
    def _percent(self) -> dict[str, float]:
        return {script: 100 * share for script, share in list(self.scripts.items())[:5]}


@dataclass(frozen=True)
class TextReport:
    """What was found.

    Args:
        name: Of the data set.
        columns: Those of the message.
        target: The column of the label.
        class_counts: Per class, the number of messages in each split.
        split_counts: Messages per split.
        lengths: Of train's messages.
        notes: How the data was read, where a choice was made.
        warnings: What may be wrong with it, each with what to do about it.
    """

    name: str
    columns: tuple[str, ...]
    target: str
    class_counts: Mapping[str, Mapping[str, int]]
    split_counts: Mapping[str, int]
    lengths: Lengths
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """A few lines to print: counts, lengths, then what deserves attention."""
        total = count_of(sum(self.split_counts.values()), "message")
        return [
            f"{self.name}: {total} ({' and '.join(self.columns)}), {len(self.class_counts)} classes ({self.target})",
            *split_table(self.class_counts, self.split_counts, {}),
            str(self.lengths),
            *self.notes,
            *(f"Warning: {warning}" for warning in self.warnings),
        ]


def _quantiles(lengths: np.ndarray) -> tuple[int, int, int]:
    middle, long, most = np.percentile(lengths, (50, 99, 100)).round().astype(int).tolist()
    return middle, long, most
