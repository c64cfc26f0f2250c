"""The page of a registered version: what a person reads of a model, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl.registry.promote import Evidence

SPACE = "&emsp;"
"""After a cell: MLflow's tables have no space between their columns."""


def describe(metric: str, reason: str, evidence: Evidence) -> str:
    """The page; its first line is also shown in the list of versions, as plain text.

    Args:
        metric: The validation metric that decided.
        reason: Why the version got its alias.
    """
    return "\n".join(
        [
            f"{evidence.components}, found by the search {evidence.search} as trial {evidence.trial}.",
            f"\n{reason}\n",
            *_table(metric, evidence),
            *(f"\n{note}" for note in evidence.notes),
            "\nThe baseline always gives the same, most likely answer.",
            f"\nData: {evidence.data} (digest {evidence.data_digest[:12]}). "
            f"Seeds: {', '.join(map(str, evidence.seeds)) or 'not recorded'}.",
        ]
    )


def _table(metric: str, evidence: Evidence) -> list[str]:
    """A line per metric, the one that decided first; a column where something was measured."""
    ends = evidence.intervals.items()
    columns = (
        ("validation", _texts(evidence.validation)),
        ("baseline", _texts(evidence.baseline)),
        ("test", _texts(evidence.test)),
        ("95 % interval", {key: f"{_number(low, 3)} to {_number(high, 3)}" for key, (low, high) in ends}),
        ("default on test", _texts(evidence.test_default)),
        ("baseline on test", _texts(evidence.test_baseline)),
    )
    shown = [(heading, cells) for heading, cells in columns if cells]
    keys = dict.fromkeys([metric, *evidence.validation, *evidence.test])
    rows = [("metric", *(heading for heading, _ in shown))]
    rows += [(key, *(cells.get(key, "") for _, cells in shown)) for key in keys]
    head, *lines = (f"| {f'{SPACE} | '.join(row)} |" for row in rows)
    return [head, f"| --- |{' ---: |' * len(shown)}", *lines]


def _texts(figures: Mapping[str, float]) -> dict[str, str]:
    return {key: _number(value) for key, value in figures.items()}


def _number(value: float, digits: int = 4) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.{digits}f}"
