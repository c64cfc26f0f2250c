"""The values a parameter may take: `Int`, `Float`, `Choice`, written inside `Annotated`."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from automl.components.task import Task
from automl.errors import UserError

Value = bool | int | float | str | None
Bound = int | Callable[[Task], int]
When = Mapping[str, Value | Sequence[Value]]
Fits = Callable[[Task, Value], bool]


@dataclass(frozen=True)
class Int:
    """Integers from `low` to `high`, both included.

    Args:
        low, high: Bounds; a function of the `Task` where they depend on the data.
        step: Distance of two neighbouring values.
        log: Search on a logarithmic scale (then step must be 1 and low at least 1).
        when: Other parameters of the same component with the value (or values) under which this one exists.
    """

    low: Bound
    high: Bound
    step: int = 1
    log: bool = False
    when: When = field(default_factory=dict, kw_only=True)

    def resolve(self, task: Task) -> "Int":
        """The same domain with its bounds as numbers for `task`."""
        low = self.low(task) if callable(self.low) else self.low
        high = self.high(task) if callable(self.high) else self.high
        return replace(self, low=low, high=max(low, high))

    def problem(self) -> str | None:
        low, high = self.low, self.high
        if self.step < 1:
            return f"step must be at least 1, got {self.step}"
        if self.log and self.step != 1:
            return "a logarithmic scale takes no step"
        if callable(low) or callable(high):
            return None
        if low > high:
            return f"low {low} is above high {high}"
        return f"a logarithmic scale needs low >= 1, got {low}" if self.log and low < 1 else None

    def contains(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        above = callable(self.low) or (value >= self.low and (value - self.low) % self.step == 0)
        return above and (callable(self.high) or value <= self.high)

    def values(self) -> list[Value] | None:
        """Every value, for a grid; None where there is no end of them."""
        assert not callable(self.low) and not callable(self.high), "resolve first"
        return list(range(self.low, self.high + 1, self.step))

    def clip(self, value: Any) -> int:
        """The allowed value nearest to `value`."""
        assert not callable(self.low) and not callable(self.high), "resolve first"
        steps = round((min(max(int(value), self.low), self.high) - self.low) / self.step)
        return min(self.low + steps * self.step, self.low + (self.high - self.low) // self.step * self.step)

    def __str__(self) -> str:
        return _range_text(self.low, self.high, self.step if self.step != 1 else None, self.log)


@dataclass(frozen=True)
class Float:
    """Numbers from `low` to `high`, both included; arguments as in `Int`, `step` None for a continuous range."""

    low: float
    high: float
    step: float | None = None
    log: bool = False
    when: When = field(default_factory=dict, kw_only=True)

    def resolve(self, task: Task) -> "Float":
        del task
        return self

    def problem(self) -> str | None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            return f"bounds must be finite, got {self.low} and {self.high}"
        if self.low > self.high:
            return f"low {self.low} is above high {self.high}"
        if self.step is not None and self.step <= 0:
            return f"step must be above 0, got {self.step}"
        if self.log and self.step is not None:
            return "a logarithmic scale takes no step"
        return f"a logarithmic scale needs low > 0, got {self.low}" if self.log and self.low <= 0 else None

    def contains(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        steps = (value - self.low) / self.step if self.step else 0.0
        return math.isclose(steps, round(steps), abs_tol=1e-8)

    def values(self) -> list[Value] | None:
        """Every value, for a grid; None where there is no end of them."""
        if self.low == self.high:
            return [self.low]
        if self.step is None:
            return None
        count = math.floor((self.high - self.low) / self.step + 1e-8)
        return [round(self.low + self.step * i, 12) for i in range(count + 1)]

    def clip(self, value: Any) -> float:
        """The allowed value nearest to `value`."""
        inside = min(max(float(value), self.low), self.high)
        if self.step is None:
            return inside
        last = math.floor((self.high - self.low) / self.step + 1e-8)  # high itself may lie between two steps
        return round(self.low + self.step * min(last, math.floor((inside - self.low) / self.step + 0.5)), 12)

    def __str__(self) -> str:
        return _range_text(self.low, self.high, self.step, self.log)


@dataclass(frozen=True, init=False)
class Choice:
    """One of some options. `bool` and `Literal[...]` need no `Choice`, unless they have a `when` or a `fits`.

    Args:
        when: As in `Int`.
        fits: Which options there are for a task; None: all of them.
    """

    options: tuple[Value, ...]
    when: When
    fits: Fits | None

    def __init__(self, *options: Value, when: When | None = None, fits: Fits | None = None) -> None:
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "when", when or {})
        object.__setattr__(self, "fits", fits)

    def resolve(self, task: Task) -> "Choice":
        """The same choice of the options that fit `task`."""
        if self.fits is None:
            return self
        return Choice(*(option for option in self.options if self.fits(task, option)), when=self.when)

    def problem(self) -> str | None:
        if not self.options:
            return "no options"
        return "an option stands twice" if len(set(map(repr, self.options))) < len(self.options) else None

    def contains(self, value: object) -> bool:
        # By type too: True == 1, but `true` is no depth.
        return any(type(value) is type(option) and value == option for option in self.options)

    def values(self) -> list[Value] | None:
        """Every value, for a grid."""
        return list(self.options)

    def clip(self, value: Any) -> Value:
        """`value` where it is an option, else the first option."""
        return value if self.contains(value) else self.options[0]

    def __str__(self) -> str:
        return "one of " + ", ".join(map(text, self.options))


class Text(Choice):
    """Any text: a name, a path. It stays what it is, unless an experiment lists some to choose from.

    Args:
        when: As in `Int`.
    """

    def __init__(self, *, when: When | None = None) -> None:
        super().__init__(when=when)

    def problem(self) -> str | None:
        return None

    def contains(self, value: object) -> bool:
        return isinstance(value, str) and value != ""

    def clip(self, value: Any) -> Value:
        return str(value)

    def __str__(self) -> str:
        return "any text"


Domain = Int | Float | Choice


def text(value: object) -> str:
    """A value as YAML and the command line write it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def require(domain: Domain, value: object, name: str) -> None:
    """Raises UserError unless `value` lies in `domain`; `name` is the parameter's."""
    if not domain.contains(value):
        raise UserError(
            f"{name} must be {domain}, got {text(value)} ({type(value).__name__}).",
            hint=f"Choose a value in the range, for example --set {name}={text(domain.clip(_number(value)))}.",
        )


def _number(value: object) -> float:
    return value if isinstance(value, int | float) and -1e300 < value < 1e300 else 0


def _range_text(low: object, high: object, step: object, log: bool) -> str:
    bounds = ["the data's limit" if callable(bound) else text(bound) for bound in (low, high)]
    if callable(low) and callable(high):
        return "as the data allow"
    extra = f" in steps of {text(step)}" if step is not None else ", log scale" if log else ""
    return f"{bounds[0]} to {bounds[1]}{extra}"
