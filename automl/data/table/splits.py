"""Train, validation and test rows, where a table doesn't have files of their own for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl.data.split import SPLITS, Wording, split_groups, split_off
from automl.data.table.target import Target, check_classes
from automl.errors import UserError

WEIGHTS = {"train": 13, "val": 3, "test": 4}
MOST_BINS = 10
"""Of a regression's targets: each part has rows of each bin."""
GROUPS = Wording("rows", "groups", "Rows of one group are those with the same cell in the column of --group.")

Rows = dict[str, np.ndarray]
"""Row numbers, ascending, of each split."""


@dataclass(frozen=True)
class Rules:
    """What a split keeps to.

    Args:
        groups: int64 (N,): rows of one number stay in one part.
        times: float64 (N,): train is before validation, validation before test.
        group, time_column: The columns that they were read from.
    """

    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    group: str = ""
    time_column: str = ""


def split_rows(
    given: Mapping[str, np.ndarray], values: np.ndarray, target: Target, rules: Rules, seed: int
) -> tuple[Rows, tuple[str, ...]]:
    """Train, val and test, and notes on how they were split.

    Args:
        given: Of the splits that have a file, their row numbers.
        values: `Target.values` of all rows.

    Raises:
        UserError: There are too few rows, groups or dates, or a part would lack classes.
    """
    missing = [split for split in SPLITS if split not in given]
    if not missing:
        return dict(given), ()
    rest = given["train"]
    notes = []
    if rules.times is not None:
        parts, how = _by_time(rules.times[rest], missing, rules.time_column), f"by {rules.time_column}, in time"
    elif rules.groups is not None:
        parts = _by_group(values[rest], rules.groups[rest], missing, target, seed)
        how = f"by {rules.group}, no group torn apart, with seed {seed}"
    else:
        labels, names = _labels(values[rest], target, len(missing) + 1)
        parts = split_off(labels, missing, seed, names, WEIGHTS)
        how = f"by {'' if target.class_names else 'the size of '}{target.name} with seed {seed}"
    if rules.times is not None and rules.groups is not None:
        parts, note = _one_part_each(parts, rules.groups[rest], rules.group, seed)
        notes += [note] * bool(note)
    rows = {**given, **{split: rest[part] for split, part in parts.items()}}
    _check_parts(rows, missing, values, target)
    shares = ", ".join(f"{len(part) / len(rest):.2g} {split}" for split, part in rows.items() if split in parts)
    return rows, (f"{'The rows were' if len(missing) == 2 else 'Train was'} split {how}: {shares}.", *notes)


def _labels(values: np.ndarray, target: Target, needed: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """int64 (N,) of what each part needs its share of: the classes, or a target's bins by size."""
    if target.class_names:
        check_classes(np.bincount(values, minlength=len(target.class_names)), target.class_names, needed, target.name)
        return values, target.class_names
    if len(values) < needed:
        raise UserError(f"{len(values)} rows are too few to be split into {needed} parts.", hint="Add rows.")
    bins = int(np.clip(len(values) // (2 * needed), 1, MOST_BINS))
    order = np.argsort(np.argsort(values[:, 0], kind="stable"), kind="stable")
    return order * bins // len(values), tuple(f"bin {number}" for number in range(bins))


def _by_group(values: np.ndarray, groups: np.ndarray, missing: Sequence[str], target: Target, seed: int) -> Rows:
    labels = values if target.class_names else np.zeros(len(values), np.int64)
    names = target.class_names or ("the target",)
    _, numbers = np.unique(groups, return_inverse=True)
    ones = np.ones(len(labels), np.int64)
    return split_groups(labels, ones, numbers, missing, seed, names, weights=WEIGHTS, wording=GROUPS)


def _by_time(times: np.ndarray, missing: Sequence[str], column: str) -> Rows:
    """The latest rows are the test's; those of one time stay together."""
    names = [split for split in SPLITS if split == "train" or split in missing]
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < len(names):
        raise UserError(
            f"A split in time into {len(names)} parts needs as many different times in {column}. Got {len(moments)}.",
            hint="Choose another --time-column, or leave it out.",
        )
    before = np.cumsum(counts) - counts
    total = sum(WEIGHTS[name] for name in names)
    rows, first = {}, 0
    for place, name in enumerate(names, 1):
        share = sum(WEIGHTS[done] for done in names[:place]) / total
        nearest = int(np.abs(before - share * len(times)).argmin()) if place < len(names) else len(moments)
        end = min(max(nearest, first + 1), len(moments) - (len(names) - place))
        rows[name] = np.flatnonzero((times >= moments[first]) & (times <= moments[end - 1]))
        first = end
    return rows


def _one_part_each(rows: Rows, groups: np.ndarray, group: str, seed: int) -> tuple[Rows, str]:
    """Both rules hold: a group with rows in several parts stays in one of them, drawn by their weights; its other rows
    are left out."""
    _, numbers = np.unique(groups, return_inverse=True)
    names = list(rows)
    part = np.concatenate([np.full(len(rows[name]), place) for place, name in enumerate(names)])
    place = np.concatenate(list(rows.values()))
    present = np.zeros((numbers.max() + 1, len(names)), bool)
    present[numbers[place], part] = True
    # The largest of -log(u) / weight, negated, is a draw by weight (Efraimidis and Spirakis 2006).
    draws = np.log(np.random.default_rng(seed).random(present.shape)) / [WEIGHTS[name] for name in names]
    chosen = np.where(present, draws, -np.inf).argmax(axis=1)
    kept = {name: own[chosen[numbers[own]] == place] for place, (name, own) in enumerate(rows.items())}
    left_out = len(place) - sum(map(len, kept.values()))
    note = f"{left_out:,} rows were left out, so that no {group} is in two parts." if left_out else ""
    return kept, note


def _check_parts(rows: Rows, missing: Sequence[str], values: np.ndarray, target: Target) -> None:
    """A split by groups or time may leave a part with nothing to tell apart."""
    for split in ("train", *missing):
        part = values[rows[split]]
        if not len(part):
            raise UserError(f"The split leaves no rows for {split}.", hint="Add rows, or split by fewer rules.")
        present = np.unique(part) if target.class_names else np.arange(2)
        needed = len(target.class_names) if split == "train" else 2
        if len(present) < needed and target.class_names:
            absent = [name for label, name in enumerate(target.class_names) if label not in present]
            raise UserError(
                f"The split leaves {split} without rows of {', '.join(absent[:5])}: {len(part):,} rows, all of "
                f"{', '.join(target.class_names[label] for label in present[:5])}.",
                hint="Choose another --time-column or --group, or provide train, val and test files.",
            )
