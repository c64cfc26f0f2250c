"""The columns that a model learns from: each knows what it was fitted to, and makes numbers or codes of raw cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from automl.data.table.dates import ISO, DateColumn
from automl.data.table.texts import TextColumn
from automl.data.table.values import as_booleans, as_numbers, as_texts, natural

if TYPE_CHECKING:
    import pandas as pd

RARE = 3
"""A category with fewer rows than this in training is rare."""
MOST_CATEGORIES = 5_000
"""The most frequent ones have a code of their own."""
MISSING_CODE, RARE_CODE, FIRST_CODE = 0, 1, 2


@dataclass(frozen=True)
class NumericColumn:
    """Numbers.

    Args:
        low, high: The smallest and largest finite number of training, which infinite ones become.
        decimal: The decimal mark of texts.
    """

    role: ClassVar = "numeric"
    name: str
    low: float
    high: float
    decimal: str = "."

    @property
    def features(self) -> tuple[str, ...]:
        """What its numbers are, one name each."""
        return (self.name,)

    @classmethod
    def fit(cls, column: pd.Series, decimal: str = ".") -> Self:
        numbers = as_numbers(column, decimal)
        finite = numbers[np.isfinite(numbers)]
        bounds = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
        return cls(str(column.name), *bounds, decimal)

    def numbers(self, column: pd.Series) -> np.ndarray:
        """float64 (N, features), NaN where missing."""
        numbers = as_numbers(column, self.decimal)[:, None]
        return np.where(np.isinf(numbers), np.where(numbers > 0, self.high, self.low), numbers)


@dataclass(frozen=True)
class BooleanColumn:
    """Yes or no."""

    role: ClassVar = "boolean"
    name: str

    @property
    def features(self) -> tuple[str, ...]:
        return (self.name,)

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        return cls(str(column.name))

    def numbers(self, column: pd.Series) -> np.ndarray:
        """float64 (N, 1): 1 for yes, 0 for no, NaN where missing."""
        return as_booleans(column)[:, None]


@dataclass(frozen=True)
class CategoricalColumn:
    """One of some texts.

    Args:
        categories: Those that have a code of their own, from 2 on; 0 is a missing value, 1 a rare or unseen one.
    """

    role: ClassVar = "categorical"
    name: str
    categories: tuple[str, ...]

    @property
    def size(self) -> int:
        """Number of codes."""
        return FIRST_CODE + len(self.categories)

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        counts = as_texts(column).value_counts()
        frequent = counts[counts >= min(RARE, counts.max() if len(counts) else 0)]
        return cls(str(column.name), tuple(sorted(frequent.index[:MOST_CATEGORIES], key=natural)))

    def codes(self, column: pd.Series) -> np.ndarray:
        """int64 (N,)."""
        import pandas as pd

        texts = as_texts(column)
        found = pd.Index(self.categories, dtype="str").get_indexer(texts)
        return np.where(texts.isna(), MISSING_CODE, np.where(found < 0, RARE_CODE, found + FIRST_CODE))


NumberColumn = NumericColumn | BooleanColumn | DateColumn | TextColumn
Column = NumberColumn | CategoricalColumn
COLUMNS: dict[str, type[Column]] = {
    of.role: of for of in (NumericColumn, BooleanColumn, CategoricalColumn, DateColumn, TextColumn)
}
"""By role."""


def fit_column(column: pd.Series, role: str, form: str = "") -> Column:
    """What training's cells of a column tell.

    Args:
        form: Of dates, or the decimal mark of numbers; "" is 2026-01-31, and a point.
    """
    if role == DateColumn.role:
        return DateColumn.fit(column, form or ISO)
    if role == NumericColumn.role:
        return NumericColumn.fit(column, form or ".")
    fitted: type[BooleanColumn | CategoricalColumn | TextColumn] = COLUMNS[role]  # type: ignore[assignment]
    return fitted.fit(column)


def number_columns(columns: Sequence[Column]) -> list[NumberColumn]:
    return [column for column in columns if not isinstance(column, CategoricalColumn)]


def categorical_columns(columns: Sequence[Column]) -> list[CategoricalColumn]:
    return [column for column in columns if isinstance(column, CategoricalColumn)]
