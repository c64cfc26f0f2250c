"""What was found in labelled words, for people, before the first trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from automl.data.report import MAX_CLASSES_SHOWN, aligned, shorten
from automl.data.source import count_of
from automl.data.split import SPLITS
from automl.data.text.report import Lengths


@dataclass(frozen=True)
class WordsReport:
    """What was found.

    Args:
        name: Of the data set.
        entities: Of each type, the number of entities in each split.
        counts: "sentences" and "words" -> the number in each split.
        lengths: Of train's sentences.
        notes: How the data was read, where a choice was made.
        warnings: What may be wrong with it, each with what to do about it.
    """

    name: str
    entities: Mapping[str, Mapping[str, int]]
    counts: Mapping[str, Mapping[str, int]]
    lengths: Lengths
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    target: str = "tags"

    def lines(self) -> list[str]:
        """A few lines to print: counts, lengths, then what deserves attention."""
        sentences, words = (sum(of.values()) for of in self.counts.values())
        kinds = count_of(len(self.entities), "type", "types")
        shown = {shorten(kind): of for kind, of in list(self.entities.items())[:MAX_CLASSES_SHOWN]}
        counted = {**shown, **self.counts}
        rows = [("", *SPLITS), *((name, *(f"{of[split]:,}" for split in SPLITS)) for name, of in counted.items())]
        more = len(self.entities) - len(shown)
        return [
            f"{self.name}: {count_of(sentences, 'sentence')} of {count_of(words, 'word')}, entities of {kinds}",
            *aligned(rows),
            *([f"  and {more} more types"] if more else []),
            str(self.lengths),
            *self.notes,
            *(f"Warning: {warning}" for warning in self.warnings),
        ]
