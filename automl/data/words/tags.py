"""Labels of words: as people write them, as models learn them."""

from __future__ import annotations

import re
from collections.abc import Sequence

OUTSIDE = "O"
TAG = re.compile(r"O|[BIESLUM]-.+")
AS_SEQEVAL = {"L": "E", "U": "S", "M": "I"}
"""BILOU's and BMES's letters."""


def is_tag(text: str) -> bool:
    """O, or a letter of IOB, BIOES, BILOU or BMES with the type of an entity."""
    return bool(TAG.fullmatch(text))


def as_iob2(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags of one sentence, of any scheme, with B at the first word of an entity and I at its others; what the entities
    are is seqeval's word."""
    from seqeval.metrics.sequence_labeling import get_entities

    known = [AS_SEQEVAL.get(tag[0], tag[0]) + tag[1:] for tag in tags]
    found = [OUTSIDE] * len(known)
    for kind, first, last in get_entities(known):
        found[first : last + 1] = [f"B-{kind}", *[f"I-{kind}"] * (last - first)]
    return tuple(found)


def kind_of(tag: str) -> str:
    """The type of an entity: PER of B-PER."""
    return tag[2:]


def class_names(kinds: Sequence[str]) -> tuple[str, ...]:
    """The classes of words: O, then B and I of each type, whether they come up or not: see `Chunks.of`."""
    return (OUTSIDE, *(f"{letter}-{kind}" for kind in kinds for letter in "BI"))
