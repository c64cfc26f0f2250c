"""The keys on what probabilities are used for: what mistakes cost, how many rows can be flagged, who is protected."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator

from automl.errors import UserError

if TYPE_CHECKING:
    from automl.config.experiment import Experiment

MISTAKES = ("fp", "fn")
"""Flagging a negative row, not flagging a positive one."""

OF_TWO_CLASSES = {"positive": "--positive", "cost": "--cost", "flag_rate": "--flag-rate", "protected": "--protected"}
"""Keys that need two classes, with their flags."""


def _costs(value: Any) -> Any:
    """`"fp=1,fn=5"`, or a mapping, as {"fp": 1.0, "fn": 5.0}."""
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",")]
        if len({name.strip() for name, *_ in pairs}) < len(pairs):
            raise ValueError("must name each mistake once, as in fp=1,fn=5")
        value = {name.strip(): number.strip() for name, _, number in pairs}
    if not isinstance(value, dict) or set(value) != set(MISTAKES):
        raise ValueError("must say what flagging a negative and missing a positive cost, as in fp=1,fn=5")
    try:
        costs = {name: float(value[name]) for name in MISTAKES}
    except (TypeError, ValueError):
        raise ValueError("must be two numbers, as in fp=1,fn=5") from None
    if not all(math.isfinite(cost) and cost > 0 for cost in costs.values()):
        raise ValueError("must be two numbers above 0, as in fp=1,fn=5")
    return costs


def _calibrate(value: Any) -> Any:
    """YAML reads `off` as false."""
    return {True: "auto", False: "off"}[value] if isinstance(value, bool) else value


def _names(value: Any) -> Any:
    """`"sex,age"` as names."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


Costs = Annotated[dict[str, float], BeforeValidator(_costs)]
Calibrate = Annotated[Literal["auto", "off"], BeforeValidator(_calibrate)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


def check_decisions(experiment: Experiment) -> None:
    """Refuses what doesn't go together, or not with the kind of task."""
    if experiment.cost and experiment.flag_rate:
        raise UserError(
            "--cost and --flag-rate both say where the threshold lies.",
            hint="Keep the costs, or the share of rows that can be flagged.",
        )
    if experiment.task.endswith("-classification"):
        return
    for key, flag in OF_TWO_CLASSES.items():
        if getattr(experiment, key):
            raise UserError(f"{flag} is for two classes; the task is {experiment.task}.", hint=f"Leave out {flag}.")
