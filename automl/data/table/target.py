"""The column that is predicted: labels of classes, or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automl.data.table.values import as_numbers, as_texts, decimal_mark, natural
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

MOST_MISSING = 0.05
MOST_NUMERIC_CLASSES = 100
"""Numbers of more values than this are a quantity, not classes."""


@dataclass(frozen=True)
class Target:
    """What is read of the column.

    Args:
        name: Of the column.
        class_names: In the order of the class indices: numbers by size, then texts by the alphabet; empty for
            regression.
        decimal: The decimal mark of a regression's numbers, where they are texts.
    """

    name: str
    class_names: tuple[str, ...]
    decimal: str = "."

    @classmethod
    def of(cls, column: pd.Series, task_kind: str) -> Target:
        """Of the rows that are trained and validated on.

        Raises:
            UserError: It can't be the target of such a task.
        """
        if task_kind.endswith("classification"):
            return cls(str(column.name), _class_names(column))
        decimal = decimal_mark(as_texts(column).drop_duplicates().dropna())
        _check_numbers(column, decimal)
        return cls(str(column.name), (), decimal)

    def values(self, column: pd.Series) -> np.ndarray:
        """int64 (N,) class indices, -1 where a label isn't known or missing; or float32 (N, 1), NaN where missing."""
        import pandas as pd

        if self.class_names:
            labels: np.ndarray = pd.Index(self.class_names, dtype="str").get_indexer(as_labels(column))
            return labels.astype(np.int64)
        numbers = as_numbers(column, self.decimal)
        return np.where(np.isfinite(numbers), numbers, np.nan).astype(np.float32)[:, None]


def find_target(frame: pd.DataFrame, name: str | None, given: str) -> str:
    """The column `name`.

    Raises:
        UserError: There is none of that name, or no name was given.
    """
    if name is None:
        raise UserError(
            f"Which column is to be predicted? {given} has {len(frame.columns)} columns: {_listed(frame)}.",
            hint=f"Name it with --target, for example --target {frame.columns[-1]}.",
        )
    check_column(frame, name, "--target")
    return name


def check_column(frame: pd.DataFrame, name: str, option: str) -> None:
    """Raises UserError, with the near matches, where there is no column `name`."""
    from difflib import get_close_matches

    if name not in frame.columns:
        folded = {str(other).lower(): other for other in frame.columns}
        near = [folded[match] for match in get_close_matches(name.lower(), folded, n=3, cutoff=0.5)]
        raise UserError(
            f"There is no column {name!r} ({option}). Columns: {_listed(frame)}.",
            hint=f"Did you mean {option} {' or '.join(near)}?" if near else None,
        )


def _listed(frame: pd.DataFrame) -> str:
    return f"{', '.join(map(str, frame.columns[:30]))}{', ...' * (len(frame.columns) > 30)}"


def with_target(frame: pd.DataFrame, name: str, given: str, allow_corrupt: bool) -> tuple[pd.DataFrame, str]:
    """The rows that have a target, and a note on the others.

    Raises:
        UserError: None has, or more are without than an honest result allows.
    """
    missing = np.flatnonzero(as_labels(frame[name]).isna())
    if not len(missing):
        return frame, ""
    share = len(missing) / len(frame)
    what = f"{len(missing):,} of {len(frame):,} rows of {given} have no {name}"
    if share == 1 or (share > MOST_MISSING and not allow_corrupt):
        raise UserError(
            f"{what}, the target; up to {MOST_MISSING:.0%} are left out. The first is row {missing[0] + 1}.",
            hint="Remove these rows, or add --allow-corrupt to go on without them."
            if share < 1
            else "Choose another --target.",
        )
    return frame.drop(index=frame.index[missing]).reset_index(drop=True), f"{what} and were left out."


def as_labels(column: pd.Series) -> pd.Series:
    """Labels as they are given; NaN where one is missing. A class may be called none."""
    return as_texts(column, keep=("none", "nil", "missing"))


def _class_names(column: pd.Series) -> tuple[str, ...]:
    labels = as_labels(column)
    names = sorted(labels.dropna().unique(), key=natural)
    if len(names) < 2:
        raise UserError(
            f"A classification needs at least 2 classes. Got only {names[0]} in {column.name}.",
            hint="Choose another --target.",
        )
    if len(names) > MOST_NUMERIC_CLASSES and not np.isnan(as_numbers(labels)).any():
        raise UserError(
            f"{column.name} has {len(names):,} different numbers; up to {MOST_NUMERIC_CLASSES} can be classes.",
            hint="Choose --task table-regression, or put the numbers into classes yourself.",
        )
    return tuple(names)


def _check_numbers(column: pd.Series, decimal: str) -> None:
    numbers = as_numbers(column, decimal)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        examples = ", ".join(map(str, column.iloc[wrong[:3]]))
        raise UserError(
            f"The target of a regression must be finite numbers. Got {examples} in {len(wrong):,} of {len(column):,} "
            f"rows of {column.name}, the first in row {wrong[0] + 1}.",
            hint="Remove these rows, or choose --task table-classification.",
        )
    if np.ptp(numbers) == 0:
        raise UserError(f"{column.name} is {numbers[0]:g} in all rows: there is nothing to predict.")


def check_classes(counts: np.ndarray, class_names: Sequence[str], needed: int, target: str) -> None:
    """Raises UserError where a class has fewer rows than there are parts to split them into."""
    short = [f"{name} ({count})" for name, count in zip(class_names, counts, strict=True) if count < needed]
    if short:
        raise UserError(
            f"Each class of {target} needs at least {needed} rows to be split into {needed} parts. Too few in "
            f"{len(short)} classes: {', '.join(short[:5])}{', ...' * (len(short) > 5)}.",
            hint="Add rows of these classes, remove them, or put classes together."
            + (" Are these numbers? --task table-regression." if len(short) > 20 else ""),
        )
