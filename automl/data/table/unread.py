"""Cells of new rows that can't be read as training's were: words among numbers, dates of another format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automl.data.table.roles import NONE_OF
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from automl.data.table.preparation import TablePreparation

FEW = 10
"""So many are a mistake in a few rows, not in the column, unless there are no more rows."""
SHOWN = 3


class Unread:
    """Counts them, block by block."""

    def __init__(self, preparation: TablePreparation, where: str) -> None:
        """
        Args:
            where: What the rows are, for messages: "the rows to predict".
        """
        self._preparation = preparation
        self._where = where
        self._counts: dict[str, int] = {}
        self._examples: dict[str, str] = {}

    def look(self, frame: pd.DataFrame, rows: np.ndarray) -> None:
        """Counts those of some rows.

        Args:
            frame: Raw rows.
            rows: What the preparation has made of them.

        Raises:
            UserError: Most of a column's cells are none: something is wrong with the column, not with a row.
        """
        for name, texts in self._preparation.unread(frame, rows).items():
            role = next(column.role for column in self._preparation.columns if column.name == name)
            read = int((~np.isnan(rows[:, self._preparation.origins.index(name)])).sum())
            if len(texts) > read and len(texts) >= min(FEW, len(rows)):
                raise UserError(
                    f"{name} is {role} in training; in {self._where} most of its cells aren't, e.g. {texts.iloc[0]!r}.",
                    hint="Write it as in the training data, and leave cells empty that aren't known; or train with "
                    f"--column {name}=categorical.",
                )
            self._counts[name] = self._counts.get(name, 0) + len(texts)
            self._examples.setdefault(name, f"{NONE_OF[role]}, e.g. {texts.iloc[0]}")

    @property
    def note(self) -> str:
        """What was counted, in a sentence; "" where that is nothing."""
        found = [f"{count:,} of {name} ({self._examples[name]})" for name, count in self._counts.items()]
        if not found:
            return ""
        more = f" and of {len(found) - SHOWN} more columns" if len(found) > SHOWN else ""
        return f"Cells of {self._where} that can't be read count as missing: {', '.join(found[:SHOWN])}{more}."
