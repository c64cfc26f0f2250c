"""Bounds that a figure must keep to: of trials in a search, of a version before it may be champion."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from automl.errors import UserError, unknown

COSTS = ("parameters", "size_mb", "latency_ms", "latency_p95_ms")
"""A model's figures besides its metrics, see `automl.training.cost`; less is better."""

WORST = 1e9
"""The violation of what can't be measured: more than that of anything that can, and finite, as samplers need it."""

_CONSTRAINT = re.compile(r"\s*(?P<figure>[a-z]\w*)\s*(?P<operator>[<>=!]*)\s*(?P<bound>.*?)\s*")


@dataclass(frozen=True)
class Constraint:
    """A bound that is kept by `figure <= bound` (`at_most`), or by `figure >= bound`.

    Args:
        figure: Its name: one of `COSTS`, say, or that of a metric.
    """

    figure: str
    at_most: bool
    bound: float

    def violation(self, value: float) -> float:
        """By how much `value` is beyond the bound, as a part of it (of 1 where it is 0); up to 0 it is kept."""
        if not math.isfinite(value):
            return WORST
        beyond = value - self.bound if self.at_most else self.bound - value
        return max(-WORST, min(WORST, beyond / (abs(self.bound) or 1.0)))

    def broken_by(self, value: float) -> str:
        """For a person: "latency_ms 7.3, not <= 5"; "" where `value` keeps to it."""
        return f"{self.figure} {value:,.10g}, not {self.rule}" if self.violation(value) > 0 else ""

    @property
    def rule(self) -> str:
        """The bound: "<= 5"."""
        return f"{'<=' if self.at_most else '>='} {self.bound:,.10g}"

    def __str__(self) -> str:
        return f"{self.figure} {self.rule}"


def parse_constraint(text: str, figures: Iterable[str], *, what: str, example: str) -> Constraint:
    """A constraint as a person writes it.

    Args:
        figures: Those that there are.
        what: What it is, for messages: "constraint".
        example: How one is written, for messages.

    Raises:
        UserError: It isn't written right, or names no such figure.
    """
    match = _CONSTRAINT.fullmatch(text)
    if not match or match["operator"] not in ("<=", ">="):
        raise UserError(f"A {what} is written FIGURE<=NUMBER or FIGURE>=NUMBER, got {text!r}.", hint=example)
    if match["figure"] not in figures:
        raise unknown(f"figure in the {what} {text!r}:", match["figure"], figures)
    try:
        bound = float(match["bound"])
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise UserError(f"The {what} {text!r} needs a number as its bound, got {match['bound']!r}.", hint=example)
    return Constraint(match["figure"], match["operator"] == "<=", bound)
