"""The table of what a search's models give on the test split."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from automl.cli.output import table
from automl.evaluation import METRICS

if TYPE_CHECKING:
    from rich.table import Table

    from automl.api import Outcome
    from automl.evaluation.decision import Policy
    from automl.evaluation.groups import Comparison
    from automl.evaluation.interval import Estimate
    from automl.search.records import TrialRecord


def figures_table(outcome: Outcome, run: TrialRecord) -> Table:
    """A row per metric, the search's own first: of `run` on validation and test, with the interval of the model that is
    registered, beside the default configuration's and the trivial baseline's."""
    treated = "ensemble" if outcome.combined else "refitted" if outcome.refitted else ""
    registered = f"{treated or 'test'} [95 %]"
    others = {"default": outcome.default, "baseline": outcome.baseline}
    others = {title: scores for title, scores in others.items() if scores}
    before = ["test"] if treated else []
    columns = ["validation", *before, registered, *others]
    made = table("metric", *columns, right=tuple(columns))
    order = list(METRICS)
    for name in sorted(outcome.test, key=lambda name: (name != outcome.experiment.metric, order.index(name))):
        figures = [run.best[f"val_{name}"], *([outcome.test[name]] if treated else [])]
        made.add_row(
            name,
            *map(_number, figures),
            _with_interval(outcome.figures[name]),
            *(_number(scores[name]) for scores in others.values()),
        )
    return made


def policy_table(policies: Sequence[Policy]) -> Table:
    """A row per way to decide: what it flags and finds, what its mistakes cost."""
    costs = ["cost per row [95 %]"] * bool(policies[0].cost)
    columns = ["flagged", "precision", "sensitivity", *costs]
    made = table("decision", *columns, right=tuple(columns))
    for policy in policies:
        shares = (policy.flagged, policy.precision, policy.sensitivity)
        cost = [_with_interval(policy.cost)] if policy.cost else []
        made.add_row(
            policy.name, *("-" if math.isnan(share.value) else f"{share.value:.1%}" for share in shares), *cost
        )
    return made


def group_table(found: Comparison) -> Table:
    """A row per group of a protected column."""
    columns = ("rows", "positive", "flagged", "sensitivity", "false alarms")
    made = table(found.column, *columns, right=columns)
    for group in found.groups:
        shares = (group.positives / group.rows, group.flagged, group.sensitivity, group.false_alarms)
        made.add_row(group.name, f"{group.rows:,}", *("-" if math.isnan(s) else f"{s:.1%}" for s in shares))
    return made


def group_lines(found: Comparison) -> list[str]:
    """How far the groups are apart, and which are too small to be compared."""
    lines = [
        f"Predicted {apart.class_name}: adverse impact ratio {_with_interval(apart.impact)}, equal opportunity "
        f"difference {_with_interval(apart.opportunity)}."
        for apart in found.disparities
    ]
    if found.small:
        lines.append(f"Too few rows to be compared: {', '.join(found.small)}.")
    return lines if found.disparities else [*lines, "There are no two groups to compare."]


def _with_interval(figure: Estimate) -> str:
    return f"{_number(figure.value)} [{_number(figure.low, 3)}, {_number(figure.high, 3)}]"


def _number(value: float, digits: int = 4) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.{digits}f}"
