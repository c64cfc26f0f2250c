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


def _with_interval(figure: Estimate) -> str:
    return f"{_number(figure.value)} [{_number(figure.low, 3)}, {_number(figure.high, 3)}]"


def _number(value: float, digits: int = 4) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.{digits}f}"
