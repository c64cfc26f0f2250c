"""Which scripts texts are written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from unicodedata import name

SAMPLE = 2_000
"""Texts that are looked at, evenly spaced."""
RARE = 0.001
"""Of the letters; what has fewer isn't named."""


def scripts(texts: Sequence[str]) -> dict[str, float]:
    """Script ("Latin", "Cyrillic", "CJK") -> its share of the letters, the most frequent first."""
    letters: Counter[str] = Counter()
    for text in texts[:: max(1, len(texts) // SAMPLE)]:
        letters.update(text)
    counts: Counter[str] = Counter()
    for letter, count in letters.items():
        if letter.isalpha():
            counts[_script(letter)] += count
    total = counts.total()
    return {script: count / total for script, count in counts.most_common() if count >= RARE * total}


@lru_cache(4096)
def _script(letter: str) -> str:
    """The first word of a letter's name is its script's in all that are much written."""
    first = name(letter, "other").split()[0]
    return first if first == "CJK" else first.capitalize()
