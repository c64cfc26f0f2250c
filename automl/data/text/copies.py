"""Messages that come again: in two splits, where they flatter the scores, or with two labels, one of which is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automl.data.text.messages import excerpt
from automl.data.text.shingles import nearest

EXACT, NEAR = 0.005, 0.02
"""Of a split's messages, so many copies deserve a warning."""
SHOWN = 3
_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Messages:
    """Those of a split.

    Args:
        texts: As the model gets them.
        labels: The names of their classes.
    """

    texts: Sequence[str]
    labels: Sequence[str]


def folded(text: str) -> str:
    """What is the same for texts that differ in case, spaces and punctuation alone."""
    return _BETWEEN.sub(" ", text.casefold()).strip() or text


def copies(splits: Mapping[str, Messages]) -> list[str]:
    """A warning for each of validation and test with messages that are in train, to the letter or nearly so."""
    keys = {name: [folded(text) for text in part.texts] for name, part in splits.items()}
    of_train = dict(zip(reversed(keys["train"]), reversed(range(len(keys["train"]))), strict=True))
    warnings = []
    for name in ("val", "test"):
        same = [(row, of_train[key]) for row, key in enumerate(keys[name]) if key in of_train]
        known = {row for row, _ in same}
        near = [pair for pair in nearest(keys[name], keys["train"]) if pair[0] not in known]
        meaning = f"Scores on {name} look better than they are: remove them."
        if len(same) > max(2, EXACT * len(keys[name])):
            warnings.append(_warning(name, same, "the same but for case and punctuation", meaning, splits))
        meaning = f"Where they have one source, a template or one customer, scores on {name} look better than they are."
        if len(near) > max(2, NEAR * len(keys[name])):
            warnings.append(_warning(name, near, "nearly the same as one", meaning, splits))
    return warnings


def _warning(
    name: str, pairs: Sequence[tuple[int, int]], how: str, meaning: str, splits: Mapping[str, Messages]
) -> str:
    part, train = splits[name], splits["train"]
    shown = [pair for pair in pairs if part.texts[pair[0]] != train.texts[pair[1]]][:SHOWN] or pairs[:1]
    examples = "; ".join(f'"{excerpt(part.texts[row])}" of "{excerpt(train.texts[other])}"' for row, other in shown)
    return f"{len(pairs):,} of {len(part.texts):,} messages in {name} are {how} in train: {examples}. {meaning}"


def contradictions(splits: Mapping[str, Messages]) -> list[str]:
    """A warning where equal messages have several labels: all but one are wrong, or the classes overlap."""
    labels: dict[str, dict[str, str]] = {}
    for part in splits.values():
        for text, label in zip(part.texts, part.labels, strict=True):
            labels.setdefault(folded(text), {}).setdefault(label, text)
    several = [found for found in labels.values() if len(found) > 1]
    if not several:
        return []
    examples = "; ".join(
        f'"{excerpt(next(iter(found.values())))}" is {" and ".join(found)}' for found in several[:SHOWN]
    )
    return [f"{len(several):,} messages have several labels: {examples}. Correct them, or put these classes together."]
