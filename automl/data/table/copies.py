"""Rows that are in two splits: scores on them look better than they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from automl.data.dataset import Split

DISTINCT = 0.9
"""Where fewer of train's rows differ from each other, equal rows are what such columns give, and mean nothing."""
EXACT, NEAR = 0.01, 0.05
"""Of a split's rows, so many copies deserve a warning."""
MOST_COLUMNS = 300


def copies(splits: Mapping[str, Split]) -> list[str]:
    """A warning for each of validation and test with rows that are in train, in all columns or in all but one."""
    cells = {name: _hashes(part.inputs) for name, part in splits.items()}
    whole = {name: np.bitwise_xor.reduce(own, axis=1) for name, own in cells.items()}
    if cells["train"].shape[1] < 3 or len(np.unique(whole["train"])) < DISTINCT * len(whole["train"]):
        return []
    warnings = []
    for name in ("val", "test"):
        exact = _among(whole[name], whole["train"])
        near = _near(cells["train"], whole["train"], cells[name], whole[name]) & ~exact
        for found, how, share in ((exact, "all columns", EXACT), (near, "all columns but one", NEAR)):
            if found.sum() > max(2, share * len(found)):
                row = splits[name].ids[int(np.flatnonzero(found)[0])]
                warnings.append(
                    f"{found.sum():,} of {len(found):,} rows in {name} are in train, too, the same in {how}, e.g. row "
                    f"{row}: scores on {name} look better than they are. Remove them, or keep what belongs together in "
                    "one split with --group."
                )
    return warnings


def _near(train: np.ndarray, train_whole: np.ndarray, rows: np.ndarray, rows_whole: np.ndarray) -> np.ndarray:
    """Which rows are train's but for one cell: without a column's hash the others' are the same."""
    found = np.zeros(len(rows), bool)
    for column in range(min(rows.shape[1], MOST_COLUMNS)):
        found |= _among(rows_whole ^ rows[:, column], train_whole ^ train[:, column])
    return found


def _among(hashes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """As `np.isin`, which takes five times as long."""
    import pandas as pd

    found: np.ndarray = pd.Index(hashes).isin(others)
    return found


def _hashes(inputs: np.ndarray) -> np.ndarray:
    """uint64 (N, F): of each cell with its column, so that a row's hash is the XOR of its cells'."""
    bits = np.ascontiguousarray(inputs + np.float32(0)).view(np.uint32).astype(np.uint64)  # -0 is 0
    columns = np.arange(1, inputs.shape[1] + 1, dtype=np.uint64) * np.uint64(0xD1B54A32D192ED03)
    mixed: np.ndarray = bits * np.uint64(0x9E3779B97F4A7C15) + columns
    for shift in (30, 27, 31):  # splitmix64's finalizer (Steele et al. 2014)
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed
