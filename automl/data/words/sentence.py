"""A sentence as a file has it."""

from __future__ import annotations

from dataclasses import dataclass

from automl.data.text.messages import BROKEN, CONTROL

LONGEST = 200
"""Characters of a word that are looked at."""


@dataclass(frozen=True)
class Sentence:
    """Words, and what is known of them.

    Args:
        tags: Of each word, IOB2; empty where there are none.
        where: The line that it begins in.
        document: The number of its document; all have 0 where nothing tells documents apart.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    where: int
    document: int = 0


def cleaned(word: str) -> str:
    """A word as models get it: without spaces, which stand between words, and never empty."""
    return CONTROL.sub(BROKEN, "_".join(word.split()))[:LONGEST] or BROKEN
