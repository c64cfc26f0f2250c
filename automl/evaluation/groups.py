"""How groups of people are treated: who is flagged, and whose mistakes those are. By fairlearn's metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from automl.evaluation.interval import Estimate, estimates
from automl.evaluation.metrics import Metric
from automl.evaluation.sample import POSITIVE, Array, Labels, Sample

VALUES = 10
"""Numbers of more values than this are cut into quarters of equally many rows."""

GROUPS = 20
"""Texts of more values than this: the most frequent ones, and the others together."""

ROWS = 30
CLASS_ROWS = 10
"""Fewer rows in a group, or fewer of one class, say nothing: such a group is shown, but not compared."""

MISSING = "missing"


@dataclass(frozen=True)
class Group:
    """Rows with one value of a column.

    Args:
        positives: Rows of the positive class.
        flagged: The share that is decided to be positive (selection rate).
        sensitivity: Of the positives, the share that is flagged (true positive rate). false_alarms: of the negatives.
        is_compared: Whether there are enough rows.
    """

    name: str
    rows: int
    positives: int
    flagged: float
    sensitivity: float
    false_alarms: float
    is_compared: bool


@dataclass(frozen=True)
class Disparity:
    """How far the groups that are compared are apart, in being decided to be of one class.

    Args:
        impact: The adverse impact ratio: the smallest share that is decided so, by the largest. Below 0.8 is the usual
            sign of adverse impact, where the decision is a favourable one (the four-fifths rule).
        opportunity: The equal opportunity difference: of those who are of the class, the largest share that is decided
            so, less the smallest (Hardt et al. 2016, Equality of opportunity in supervised learning).
    """

    class_name: str
    impact: Estimate
    opportunity: Estimate

    def __str__(self) -> str:
        return f"adverse impact ratio {self.impact}, equal opportunity difference {self.opportunity}"


@dataclass(frozen=True)
class Comparison:
    """The groups of one column.

    Args:
        disparities: For the positive class and for the other one; empty where fewer than two groups can be compared.
    """

    column: str
    groups: tuple[Group, ...]
    disparities: tuple[Disparity, ...]

    def __str__(self) -> str:
        """In a sentence."""
        found = (f"predicted {apart.class_name}, {apart}" for apart in self.disparities)
        return f"Groups by {self.column}: {'; '.join(found) or 'there are no two to compare'}."

    @property
    def small(self) -> tuple[str, ...]:
        """The groups that aren't compared."""
        return tuple(group.name for group in self.groups if not group.is_compared)


def compare(
    columns: Mapping[str, Array], flagged: Array, targets: Labels, class_names: Sequence[str], *, seed: int
) -> tuple[Comparison, ...]:
    """The groups of each column.

    Args:
        columns: (N,) numbers (NaN where missing) or texts (None where missing) each.
        flagged: Which rows are decided to be positive, bool (N,).
        class_names: Of two classes, the positive one last.
    """
    return tuple(
        _compare(name, groups_of(cells), flagged, targets, class_names, seed) for name, cells in columns.items()
    )


def groups_of(cells: Array) -> Array:
    """The name of each row's group, (N,) texts."""
    if cells.dtype.kind in "fiub":
        return _of_numbers(cells.astype(np.float64))
    names = np.array([MISSING if cell is None else str(cell) for cell in cells], object)
    values, counts = np.unique(names, return_counts=True)
    if len(values) > GROUPS:
        kept = set(values[np.argsort(-counts, kind="stable")[:GROUPS]])
        others = f"{len(values) - GROUPS} others"
        names = np.array([name if name in kept else others for name in names], object)
    return names


def _of_numbers(numbers: Array) -> Array:
    known = np.isfinite(numbers)
    names = np.full(len(numbers), MISSING, object)
    if len(np.unique(numbers[known])) <= VALUES:
        names[known] = [f"{number:g}" for number in numbers[known]]
        return names
    edges = np.unique(np.quantile(numbers[known], (0.25, 0.5, 0.75)))
    texts = [f"{edge:g}" for edge in edges]
    between = [f"over {low} to {high}" for low, high in pairwise(texts)]
    quarters = np.array([f"up to {texts[0]}", *between, f"over {texts[-1]}"], object)
    names[known] = quarters[np.searchsorted(edges, numbers[known])]
    return names


def _compare(
    column: str, names: Array, flagged: Array, targets: Labels, class_names: Sequence[str], seed: int
) -> Comparison:
    from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate, true_positive_rate

    positive = targets == POSITIVE
    rates = {
        "rows": count,
        "flagged": selection_rate,
        "sensitivity": true_positive_rate,
        "false_alarms": false_positive_rate,
    }
    names = names.astype(str)
    frame = MetricFrame(metrics=rates, y_true=positive, y_pred=flagged, sensitive_features=names).by_group
    groups = []
    for name in sorted(np.unique(names), key=_place):
        row, own = frame.loc[name], positive[names == name]
        positives, negatives = int(own.sum()), int((~own).sum())
        groups.append(
            Group(
                str(name),
                len(own),
                positives,
                float(row["flagged"]),
                float(row["sensitivity"]) if positives else math.nan,  # fairlearn has 0 for a rate of no rows
                float(row["false_alarms"]) if negatives else math.nan,
                len(own) >= ROWS and min(positives, negatives) >= CLASS_ROWS,
            )
        )
    compared = [group.name for group in groups if group.is_compared]
    if len(compared) < 2:
        return Comparison(column, tuple(groups), ())
    rows = np.isin(names, compared)
    disparities = (
        _disparity(class_names[1], names[rows], flagged[rows], positive[rows], seed),
        _disparity(class_names[0], names[rows], ~flagged[rows], ~positive[rows], seed),
    )
    return Comparison(column, tuple(groups), disparities)


def _place(name: str) -> tuple[bool, bool, float, str]:
    """Quarters and numbers in their order, missing values last."""
    last = name.removeprefix("up to ").removeprefix("over ").partition(" ")[0]
    try:
        return name == MISSING, name.startswith("over"), float(last), name
    except ValueError:
        return name == MISSING, False, 0.0, name


def _disparity(class_name: str, names: Array, decided: Array, actual: Array, seed: int) -> Disparity:
    from fairlearn.metrics import demographic_parity_ratio, equal_opportunity_difference

    members = (names[:, None] == np.unique(names)).astype(np.float64)

    def shares(sample: Sample, of: Array) -> Array:
        """Of the rows `of` each group the share that is decided so, (resamples, groups); NaN where there are none."""
        rows = sample.mean(members * of[:, None])
        return np.where(rows > 0, sample.mean(members * (of & decided)[:, None]) / np.where(rows > 0, rows, 1), np.nan)

    def impact(sample: Sample) -> Array:
        found = shares(sample, np.ones(len(names), bool))
        largest = found.max(1)
        ratio: Array = np.where(largest > 0, found.min(1) / np.where(largest > 0, largest, 1), np.nan)
        return ratio

    def opportunity(sample: Sample) -> Array:
        found = shares(sample, actual)
        difference: Array = found.max(1) - found.min(1)
        return difference

    measured = {"impact": Metric("impact", False, impact), "opportunity": Metric("opportunity", True, opportunity)}
    decisions = np.stack([~decided, decided], axis=1).astype(np.float64)
    known = estimates(measured, decisions, actual.astype(np.int64), seed=seed)
    features = {"sensitive_features": names}
    return Disparity(
        class_name,
        _with_value(known["impact"], float(demographic_parity_ratio(actual, decided, **features))),
        _with_value(known["opportunity"], float(equal_opportunity_difference(actual, decided, **features))),
    )


def _with_value(interval: Estimate, value: float) -> Estimate:
    return Estimate(value, interval.low, interval.high)
