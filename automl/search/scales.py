"""Parameters as columns of numbers, for samplers that calculate with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.components import Choice, Domain

Rows = NDArray[np.float64]
"""(n, columns) numbers; nan where a parameter isn't active."""


class Scales:
    """The scales of some parameters, one a column.

    A number's place on its scale lies between 0 and 1; a whole number and a step have the middle of their share of it.
    A choice is its option's index.

    Args:
        table: (columns, 5): how many options a choice has (0: it is a number), the first value, the last, the distance
            of two (0: it is continuous), whether the scale is logarithmic.
    """

    def __init__(self, table: NDArray[np.float64]) -> None:
        self._table = table
        self.options = table[:, 0].astype(int)
        _, self._first, self._last, self._step, log = table.T
        self._log = log > 0
        self._low = self._scaled(self._first - self._step / 2)
        self._span = self._scaled(self._last + self._step / 2) - self._low

    @classmethod
    def of(cls, domains: Sequence[Domain]) -> Scales:
        """Those of resolved domains."""
        return cls(np.array([_described(domain) for domain in domains], dtype=float).reshape(-1, 5))

    def __getitem__(self, columns: Sequence[int]) -> Scales:
        return Scales(self._table[columns])

    def places(self, values: Rows) -> Rows:
        """Places of values (n, columns); of a choice's index, itself."""
        return np.where(self.options, values, (self._scaled(values) - self._low) / self._span)

    def values(self, places: Rows) -> Rows:
        """The values nearest to places (n, columns)."""
        scaled = self._low + places * self._span
        values = np.where(self._log, np.exp(np.where(self._log, scaled, 0.0)), scaled)
        step = np.where(self._step, self._step, 1.0)
        stepped = np.clip(self._first + step * np.round((values - self._first) / step), self._first, self._last)
        return np.where(self.options, places, np.where(self._step, stepped, values))

    def snapped(self, places: Rows) -> Rows:
        """Places of the values nearest to places."""
        return self.places(self.values(places))

    def shares(self, places: Rows) -> tuple[Rows, Rows]:
        """Where the share of the value at each place begins and ends; of a continuous one, both times there."""
        values = self.values(places)
        return self.places(values - self._step / 2), self.places(values + self._step / 2)

    def even(self, numbers: Rows) -> Rows:
        """Even numbers from 0 to 1 (n, columns) as places: each option of a choice has the same share."""
        return np.where(self.options, np.minimum(np.floor(numbers * self.options), self.options - 1), numbers)

    def _scaled(self, values: Rows) -> Rows:
        return np.where(self._log, np.log(np.where(self._log, values, 1.0)), values)


def _described(domain: Domain) -> tuple[float, ...]:
    if isinstance(domain, Choice):
        return len(domain.options), 0.0, 1.0, 0.0, False
    assert not callable(domain.low) and not callable(domain.high), "resolved in compose"
    step = domain.step or 0.0
    last = domain.clip(domain.high) if step else domain.high  # it may lie between two steps
    return 0, domain.low, last, step, domain.log
