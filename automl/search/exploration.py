"""Other values for what may change in mid-training: the exploration of population based training."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from automl.components import Component, Value
from automl.components.domains import Float, Int
from automl.space import Configuration, Space

if TYPE_CHECKING:
    import numpy as np

CHANGE = 0.2
"""A value becomes so much larger or smaller, as a part of it (Jaderberg et al. 2017)."""

ANEW = 0.25
"""The probability that it is drawn anew from its whole range instead."""

TRAINING = ("training.lr", "training.momentum")
"""The settings that may change. Others make another optimizer state (`optimizer`), another schedule (`schedule`,
`epochs`, `batch_size`) or another objective (`class_weights`)."""

ATTEMPTS = 10


def live_parameters(components: Iterable[Component], space: Space) -> frozenset[str]:
    """The searched parameters that may change in mid-training, by full name."""
    names = set(TRAINING)
    for component in components:
        own = [parameter.name for parameter in component.parameters] if component.kind == "augmentation" else ()
        names |= {f"{component.kind}.{component.name}.{name}" for name in own or component.live}
    return frozenset(names & {parameter.name for parameter in space.searched})


def explored(
    space: Space, configuration: Mapping[str, Value], live: Collection[str], rng: np.random.Generator
) -> Configuration | None:
    """The configuration with other values of its `live` parameters; None where none of them can change."""
    for _ in range(ATTEMPTS):
        found = space.suggest(_Exploring(configuration, live, rng))
        if found != configuration:
            return found
    return None


class _Exploring:
    """Proposes what a configuration has, but for its live parameters."""

    def __init__(self, configuration: Mapping[str, Value], live: Collection[str], rng: np.random.Generator) -> None:
        self._configuration = configuration
        self._live = live
        self._rng = rng

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return int(self._number(name, Int(low, high, step, log)))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        return float(self._number(name, Float(low, high, step, log)))

    def suggest_categorical(self, name: str, choices: list[Value]) -> Value:
        """Of numbers it goes to the next larger or smaller one; another text or switch is only ever drawn anew."""
        if self._stays(name):
            return self._configuration[name]
        if self._is_drawn(name):
            return choices[int(self._rng.integers(len(choices)))]
        value = self._configuration[name]
        if not all(isinstance(choice, int | float) and not isinstance(choice, bool) for choice in choices):
            return value
        ordered = sorted(choices, key=lambda choice: float(str(choice)))
        place, sign = ordered.index(value), self._sign()
        return ordered[place + sign if 0 <= place + sign < len(ordered) else place - sign]

    def _number(self, name: str, domain: Int | Float) -> float:
        if self._stays(name):
            return float(str(self._configuration[name]))
        low, high = float(str(domain.low)), float(str(domain.high))
        if self._is_drawn(name):
            share = self._rng.random()
            return self._nearest(domain, low * (high / low) ** share if domain.log else low + (high - low) * share)
        value = float(str(self._configuration[name]))
        change = self._sign() * max(CHANGE * abs(value), domain.step or 0.0)
        moved = self._nearest(domain, value + change)
        return moved if moved != value else self._nearest(domain, value - change)  # away from a bound

    def _nearest(self, domain: Int | Float, value: float) -> float:
        return domain.clip(round(value) if isinstance(domain, Int) else value)

    def _stays(self, name: str) -> bool:
        return name in self._configuration and name not in self._live

    def _is_drawn(self, name: str) -> bool:
        return name not in self._configuration or self._rng.random() < ANEW

    def _sign(self) -> int:
        return 1 if self._rng.random() < 0.5 else -1
