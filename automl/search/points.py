"""A space's configurations as rows of numbers, for samplers that calculate with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from automl.components import Choice, Domain, Float, Value
from automl.search.scales import Rows, Scales
from automl.space import Space


class Points:
    """The searched parameters of a space as columns.

    Args:
        groups: Columns that are always active together.
    """

    def __init__(self, space: Space) -> None:
        self._parameters = space.searched
        self._column = {parameter.name: column for column, parameter in enumerate(self._parameters)}
        self.distributions = {parameter.name: _distribution(parameter.domain) for parameter in self._parameters}
        self.scales = Scales.of([parameter.domain for parameter in self._parameters])
        together: dict[Any, list[int]] = {}
        for column, parameter in enumerate(self._parameters):
            together.setdefault(frozenset(parameter.conditions), []).append(column)
        self.groups = list(together.values())
        # What is fixed decides nothing: where it would, the space has dropped the parameter.
        self._conditions = [
            [(self._column[n], [self._number(n, v) for v in values]) for n, values in p.conditions if n in self._column]
            for p in self._parameters
        ]

    def __len__(self) -> int:
        return len(self._parameters)

    def _number(self, name: str, value: Value) -> float:
        """A value's place; that of a choice is its option's index."""
        column = self._column[name]
        number = np.array([[self.distributions[name].to_internal_repr(value)]])
        return float(self.scales[[column]].places(number)[0, 0])

    def row(self, values: Mapping[str, Any]) -> Rows:
        """Places (columns,) of a configuration; what isn't searched is passed over."""
        numbers = np.full((1, len(self)), np.nan)
        for name, distribution in self.distributions.items():
            if name in values:
                numbers[0, self._column[name]] = distribution.to_internal_repr(values[name])
        places: Rows = self.scales.places(numbers)[0]
        return places

    def configuration(self, places: Rows) -> dict[str, Value]:
        """The active parameters' values at places (columns,)."""
        values = self.scales.values(places[None])[0]
        active = ((name, column) for name, column in self._column.items() if not np.isnan(values[column]))
        return {name: self._value(column, values[column]) for name, column in active}

    def _value(self, column: int, number: float) -> Value:
        domain = self._parameters[column].domain
        if isinstance(domain, Choice):
            return domain.options[int(number)]
        return domain.clip(number if isinstance(domain, Float) else round(number))

    def settled(self, places: Rows) -> Rows:
        """Places (n, columns) without nan as configurations: at the nearest value, nan where it isn't active."""
        settled = self.scales.snapped(places)
        for column in range(len(self)):  # each stands behind those that its conditions name
            settled[~self.is_active(column, settled), column] = np.nan
        return settled

    def is_active(self, column: int, settled: Rows) -> NDArray[np.bool_]:
        """(n,) of places (n, columns) whose columns before this one are settled."""
        active = np.ones(len(settled), bool)
        for other, numbers in self._conditions[column]:
            active &= np.isclose(settled[:, other, None], numbers).any(1)
        return active

    def random(self, generator: np.random.Generator, count: int) -> Rows:
        """Places (count, columns) drawn evenly, also of what isn't active."""
        return self.scales.even(generator.random((count, len(self))))


def _distribution(domain: Domain) -> BaseDistribution:
    """What a study draws a parameter's values from (see `SpaceParameter.suggest`)."""
    if isinstance(domain, Choice):
        return CategoricalDistribution(list(domain.options))
    last: Any = domain.clip(domain.high) if domain.step else domain.high  # it may lie between two steps
    if isinstance(domain, Float):
        return FloatDistribution(domain.low, last, domain.log, domain.step)
    assert not callable(domain.low), "resolved in compose"
    return IntDistribution(domain.low, last, domain.log, domain.step)
