"""Dates: found among texts, and made into numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from automl.data.table.values import as_texts

if TYPE_CHECKING:
    import pandas as pd

ISO = "ISO8601"
"""2026-01-31, 2026-01-31T23:59:00Z; and what has a type of its own."""
FORMATS = (
    ISO,
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d"),
    *("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
    *("%b-%Y", "%b-%y", "%b %Y", "%B %Y", "%m/%Y"),
    *(f"{day} {time}" for day in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d") for time in ("%H:%M", "%H:%M:%S")),
)
PARTS = ("days", "year", "month", "day", "day_of_week", "hour")
"""Days since the first date, and what pandas calls the others."""
SHARE = 0.95
"""Of the distinct texts, so many must be dates."""
SAMPLE = 500


def date_formats(texts: Sequence[str]) -> list[str]:
    """The formats of `FORMATS` that nearly all of `texts` (distinct, none missing) have; two where days and months
    can't be told apart."""
    import pandas as pd

    sample = pd.Series(texts[:: max(1, len(texts) // SAMPLE)], dtype="str")
    fitting = [form for form in FORMATS if len(sample) and _parsed(sample, form).notna().mean() >= SHARE]
    everything = pd.Series(texts, dtype="str")
    return [form for form in fitting if _parsed(everything, form).notna().mean() >= SHARE]


def as_dates(column: pd.Series, form: str) -> pd.Series:
    """datetime64 without a time zone (UTC), NaT where a cell is missing or no date of this format."""
    import pandas as pd
    from pandas.api.types import is_datetime64_any_dtype

    if is_datetime64_any_dtype(column.dtype):
        dates = column
    else:
        codes, distinct = pd.factorize(as_texts(column))
        dates = _parsed(pd.Series(distinct, dtype="str"), form).reindex([*range(len(distinct)), -1])
        dates = pd.Series(dates.to_numpy()[codes])
    if isinstance(dates.dtype, pd.DatetimeTZDtype):
        dates = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    return dates


def _parsed(texts: pd.Series, form: str) -> pd.Series:
    import pandas as pd

    parsed: pd.Series = pd.to_datetime(texts, format=form, errors="coerce", utc=True).dt.tz_localize(None)
    return parsed


def days_since(dates: pd.Series, first: str) -> np.ndarray:
    """float64 (N,), with the time of the day as a fraction; NaN where missing."""
    import pandas as pd

    days: np.ndarray = ((dates - pd.Timestamp(first)) / pd.Timedelta(days=1)).to_numpy(np.float64)
    return days


@dataclass(frozen=True)
class DateColumn:
    """Dates, as numbers that seasons and trends can be read from.

    Args:
        form: One of `FORMATS`.
        first: The earliest date of training: days are counted from it.
        parts: Of `PARTS`, those that differ in training.
    """

    role: ClassVar = "date"
    name: str
    form: str
    first: str
    parts: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(f"{self.name} {part}" for part in self.parts)

    @classmethod
    def fit(cls, column: pd.Series, form: str) -> Self:
        dates = as_dates(column, form)
        first = dates.min().isoformat() if dates.notna().any() else "1970-01-01"
        numbers = cls(str(column.name), form, first, PARTS).numbers(column)
        known = numbers[dates.notna().to_numpy()]
        differing = tuple(part for part, values in zip(PARTS, known.T, strict=True) if len(known) and np.ptp(values))
        return cls(str(column.name), form, first, differing or PARTS[:1])

    def numbers(self, column: pd.Series) -> np.ndarray:
        """float64 (N, features), NaN where missing."""
        dates = as_dates(column, self.form)
        return np.stack([self._part(dates, part) for part in self.parts], axis=1)

    def _part(self, dates: pd.Series, part: str) -> np.ndarray:
        if part == "days":
            return days_since(dates, self.first)
        return np.asarray(getattr(dates.dt, part).to_numpy(np.float64, na_value=np.nan))
