"""Raw texts as words, by the same rule wherever a text comes from."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category

SPACE, WITHIN, APART = "space", "within", "apart"


def split_words(text: str) -> list[tuple[int, int]]:
    """Where each word of a text begins and ends: letters, digits and underscores with the marks on them stand together,
    each other character but spaces alone. So "Don't!" is Don, ', t and !; in any script that has letters."""
    spans: list[tuple[int, int]] = []
    before = SPACE
    for place, character in enumerate(text):
        kind = _kind(character)
        if kind == WITHIN == before:
            spans[-1] = (spans[-1][0], place + 1)
        elif kind != SPACE:
            spans.append((place, place + 1))
        before = kind
    return spans


@lru_cache(65536)
def _kind(character: str) -> str:
    if character.isspace() or category(character) in ("Cc", "Cs"):
        return SPACE
    # Vowel signs of Indian scripts are marks; joiners stand between letters.
    is_within = character.isalnum() or character == "_" or category(character) in ("Mn", "Mc", "Me", "Cf")
    return WITHIN if is_within else APART
