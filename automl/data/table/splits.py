"""Train, validation and test rows, where a table doesn't have files of their own for them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from automl.data.split import SPLITS, split_off
from automl.data.table.target import Target, check_classes

WEIGHTS = {"train": 13, "val": 3, "test": 4}
MOST_BINS = 10
"""Of a regression's targets: each part has rows of each bin."""


def split_rows(
    given: Mapping[str, np.ndarray], values: np.ndarray, target: Target, seed: int
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Row numbers, ascending, of train, val and test, and a note on how they were split.

    Args:
        given: Of the splits that have a file, their row numbers.
        values: `Target.values` of all rows.
    """
    missing = [split for split in SPLITS if split not in given]
    if not missing:
        return dict(given), ()
    rest = given["train"]
    labels, names = _labels(values[rest], target, len(missing) + 1)
    rows = split_off(labels, missing, seed, names, WEIGHTS)
    shares = {split: WEIGHTS[split] for split in SPLITS if split in rows}
    parts = ", ".join(f"{weight / sum(shares.values()):.2g} {split}" for split, weight in shares.items())
    how = f"by {target.name}" if target.class_names else f"by the size of {target.name}"
    note = f"{'The rows were' if len(missing) == 2 else 'Train was'} split {how} with seed {seed}: {parts}."
    return {**given, **{split: rest[part] for split, part in rows.items()}}, (note,)


def _labels(values: np.ndarray, target: Target, needed: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """int64 (N,) of what each part needs its share of: the classes, or a target's bins by size."""
    if target.class_names:
        check_classes(np.bincount(values, minlength=len(target.class_names)), target.class_names, needed, target.name)
        return values, target.class_names
    bins = int(np.clip(len(values) // (2 * needed), 1, MOST_BINS))
    order = np.argsort(np.argsort(values[:, 0], kind="stable"), kind="stable")
    return order * bins // len(values), tuple(f"bin {number}" for number in range(bins))
