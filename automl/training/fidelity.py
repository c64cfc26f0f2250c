"""Cheap early epochs: up to a trial's first rungs, of which few trials come out, it may train on a part of the rows.

Rungs are the budgets of successive halving (Jamieson and Talwalkar 2016). Its budget may be epochs, rows or both; here
an epoch costs less the earlier it is, and each trial that goes to its end has had all rows for most of its epochs.
"""

from __future__ import annotations

import math

import numpy as np

REDUCTION = 3
"""The best third goes on at each rung (Li et al. 2020), to three times as many rows."""

BELOW_FULL = 2
"""Rungs below the full length: earlier ones would judge trials that have hardly begun."""


def rungs(epochs: int) -> tuple[int, ...]:
    """A third of all epochs, a ninth of them: 10 and 3 of 30. None lies so late that stopping there saves nothing."""
    found = (round(epochs / REDUCTION**power) for power in range(BELOW_FULL, 0, -1))
    return tuple(dict.fromkeys(rung for rung in found if 1 <= rung < epochs))


def rows_by_epoch(count: int, epochs: int, at_least: int) -> list[int]:
    """How many of `count` rows each epoch has: a ninth up to the first of two rungs, a third up to the next, then all.

    Args:
        at_least: A batch.
    """
    shares = (1 / REDUCTION ** sum(epoch <= rung for rung in rungs(epochs)) for epoch in range(1, epochs + 1))
    return [max(math.ceil(share * count), min(at_least, count)) for share in shares]


def nested_order(targets: np.ndarray, classification: bool, seed: int) -> np.ndarray:
    """An order of rows whose first ones, however many, are a fair sample: of each class its part, and one at least.

    Args:
        targets: Classes (N,), or values (N, outputs) or those of words, which are in order of chance.

    Returns:
        int64 (N,), row numbers.
    """
    chance = np.random.default_rng(seed).permutation(len(targets))
    if not classification:
        return chance
    place = np.empty(len(targets))
    for label in np.unique(targets):
        rows = chance[targets[chance] == label]
        place[rows] = np.arange(len(rows)) / len(rows)
    return chance[np.argsort(place[chance], kind="stable")]
