"""The columns that a split goes by: groups of rows, and when they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automl.data.table.dates import ISO, as_dates, date_formats, days_since
from automl.data.table.splits import Rules
from automl.data.table.target import check_column
from automl.data.table.values import as_numbers, as_texts
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

EPOCH = "1970-01-01"


def read_rules(frame: pd.DataFrame, group: str | None, time_column: str | None) -> Rules:
    """What the columns `group` and `time_column` of all rows say.

    Raises:
        UserError: There is no such column, or its cells aren't dates or numbers.
    """
    for name, option in ((group, "--group"), (time_column, "--time-column")):
        if name is not None:
            check_column(frame, name, option)
    return Rules(
        None if group is None else _groups(frame[group]),
        None if time_column is None else _times(frame[time_column]),
        group or "",
        time_column or "",
    )


def _groups(column: pd.Series) -> np.ndarray:
    """int64 (N,): a row without a group is one of its own."""
    import pandas as pd

    codes, distinct = pd.factorize(as_texts(column))
    alone = codes < 0
    codes[alone] = len(distinct) + np.arange(alone.sum())
    return np.asarray(codes, np.int64)


def _times(column: pd.Series) -> np.ndarray:
    """float64 (N,): days, or the numbers themselves (years, say)."""
    times = _read_times(column)
    missing = np.flatnonzero(np.isnan(times))
    if len(missing):
        examples = ", ".join(map(repr, column.iloc[missing[:3]]))
        raise UserError(
            f"A split in time needs a date or a number in each row of {column.name}. Got {examples} in "
            f"{len(missing):,} of {len(column):,} rows, the first is row {missing[0] + 1}.",
            hint="Dates are best written as 2026-01-31. Remove the rows without one.",
        )
    return times


def _read_times(column: pd.Series) -> np.ndarray:
    numbers = as_numbers(column)
    if not np.isnan(numbers).all():
        return numbers
    texts = as_texts(column)
    formats = date_formats(list(texts.dropna().unique())) or [ISO]
    return days_since(as_dates(column, formats[0]), EPOCH)
