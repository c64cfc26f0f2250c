"""How a raw row of a table becomes the array that a model sees. It belongs to the model and travels with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from automl.data.table.columns import COLUMNS, Column, categorical_columns, fit_column, number_columns
from automl.data.table.texts import TextColumn
from automl.data.table.values import unread
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = 201
MOST_WORDS = 100


@dataclass(frozen=True)
class TablePreparation:
    """What was learned of the training split's columns; of the others nothing is read.

    Args:
        columns: In the table's order.
        quantiles: Of each number, evenly spaced from the smallest to the largest; empty where all are missing. For the
            scaling on the device; `transform` doesn't apply them.
        target: Mean and standard deviation of a regression's target; the scaling's, too.
        identifier: The column that names a row, where there is one.
        words: Of columns of numbers, dates, yes and no: cells of training that are none, and count as missing.
    """

    columns: tuple[Column, ...]
    quantiles: tuple[tuple[float, ...], ...]
    target: tuple[float, float] = (0.0, 1.0)
    identifier: str | None = None
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        roles: Mapping[str, str],
        targets: np.ndarray | None = None,
        identifier: str | None = None,
        forms: Mapping[str, str] = {},
    ) -> Self:
        """Learns from the training split.

        Args:
            frame: Raw rows.
            roles: Column -> numeric, boolean, categorical, date or text; what isn't named isn't read.
            targets: Of a regression, float32 (N, 1).
            forms: Column -> format, of the dates that aren't written as 2026-01-31; or "," of numbers whose decimal
                mark that is.
        """
        columns = tuple(fit_column(frame[name], role, forms.get(name, "")) for name, role in roles.items())
        alone = cls(columns, ())
        rows = alone.transform(frame)
        numbers = rows[:, : len(_features(columns))]
        words = {name: tuple(texts.unique()[:MOST_WORDS]) for name, texts in alone.unread(frame, rows).items()}
        scale = (0.0, 1.0)
        if targets is not None:
            values = targets.astype(np.float64)
            scale = float(values.mean()), float(values.std()) or 1.0
        return cls(columns, tuple(map(_quantiles, numbers.T)), scale, identifier, words)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it reads, as the file has them."""
        return tuple(column.name for column in self.columns)

    @property
    def features(self) -> tuple[str, ...]:
        """What stands in a prepared row: the numbers, then the categories."""
        return (*_features(self.columns), *(column.name for column in categorical_columns(self.columns)))

    @property
    def origins(self) -> tuple[str, ...]:
        """Of each of the features, the column that it was made of."""
        numbers = (column.name for column in number_columns(self.columns) for _ in column.features)
        return (*numbers, *(column.name for column in categorical_columns(self.columns)))

    @property
    def num_numeric(self) -> int:
        """How many of them are numbers."""
        return len(self.features) - len(self.category_sizes)

    @property
    def category_sizes(self) -> tuple[int, ...]:
        """How many codes each category has; 0 is a missing value, 1 a rare or unseen one."""
        return tuple(column.size for column in categorical_columns(self.columns))

    @property
    def shape(self) -> tuple[int]:
        """(F,)."""
        return (len(self.features),)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """float32 (N, F) of raw rows: numbers as they are, NaN where missing, then codes.

        Args:
            frame: Its columns may be texts, as read from a CSV file, or have types; further ones are left alone.

        Raises:
            UserError: A column is missing.
        """
        missing = [name for name in self.names if name not in frame.columns]
        if missing:
            raise UserError(
                f"The rows lack {len(missing)} of the {len(self.columns)} columns that the model has learned from: "
                f"{', '.join(missing[:5])}{', ...' * (len(missing) > 5)}.",
                hint="Name the columns as in the training data; a column may be empty, but not missing.",
            )
        rows = np.empty((len(frame), *self.shape), np.float32)
        place = 0
        for column in number_columns(self.columns):
            rows[:, place : place + len(column.features)] = column.numbers(frame[column.name])
            place += len(column.features)
        for category in categorical_columns(self.columns):
            rows[:, place] = category.codes(frame[category.name])
            place += 1
        return rows

    def unread(self, frame: pd.DataFrame, rows: np.ndarray) -> dict[str, pd.Series]:
        """Of columns of numbers, dates, yes and no: the texts of cells that are none, and that training hasn't had.

        Args:
            frame: Raw rows.
            rows: What `transform` has made of them.
        """
        found = {}
        place = 0
        for column in number_columns(self.columns):
            if column.role != TextColumn.role:
                texts = unread(frame[column.name], rows[:, place])
                found[column.name] = texts[~texts.isin(self.words.get(column.name, ()))]
            place += len(column.features)
        return {name: texts for name, texts in found.items() if len(texts)}

    def ids(self, frame: pd.DataFrame, before: int = 0) -> list[str]:
        """What names each raw row: its identifier, where the table has such a column, else its number from 1 on.

        Args:
            before: How many rows there were before these.
        """
        if self.identifier is None or self.identifier not in frame.columns:
            return [str(number) for number in range(before + 1, before + len(frame) + 1)]
        return list(map(str, frame[self.identifier].tolist()))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back."""
        return {
            "columns": [{"role": column.role, **asdict(column)} for column in self.columns],
            "quantiles": [list(values) for values in self.quantiles],
            "target": list(self.target),
            "identifier": self.identifier,
            "words": {name: list(words) for name, words in self.words.items()},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(
            tuple(map(_column, values["columns"])),
            tuple(map(tuple, values["quantiles"])),
            tuple(values["target"]),
            values["identifier"],
            {name: tuple(words) for name, words in values.get("words", {}).items()},
        )


def _features(columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(name for column in number_columns(columns) for name in column.features)


def _quantiles(numbers: np.ndarray) -> tuple[float, ...]:
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return ()
    # Neighbours aren't mixed: what many rows have stays one value.
    return tuple(np.quantile(known, np.linspace(0, 1, QUANTILES), method="nearest").tolist())


def _column(values: Mapping[str, Any]) -> Column:
    own: dict[str, Any] = {name: _frozen(value) for name, value in values.items()}
    return COLUMNS[own.pop("role")](**own)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
