"""Gates of a domain: what a version must keep to before it may be champion, measured on test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from automl.evaluation.constraint import COSTS, Constraint, parse_constraint
from automl.evaluation.decision import flags
from automl.evaluation.groups import Comparison
from automl.evaluation.metrics import metrics_for
from automl.evaluation.sample import POSITIVE, Array, Labels, labels_of

TEST = "test_"
SENSITIVITY = "test_sensitivity"
GROUP_GAP = "group_gap"
EXAMPLE = 'For example gates: ["test_sensitivity>=0.9", "test_ece<=0.1", "latency_ms<=5"].'


def gate_figures(task_kind: str) -> list[str]:
    """The figures that a gate of this kind of task can be about."""
    of_classes = task_kind.endswith("classification")
    metrics = [f"{TEST}{metric.name}" for metric in metrics_for(task_kind)]
    return [*COSTS, *metrics, *((SENSITIVITY, GROUP_GAP) if of_classes else ())]


def parse_gates(texts: Iterable[str], task_kind: str) -> tuple[Constraint, ...]:
    """The gates of an experiment.

    Raises:
        UserError: One isn't written right, or names no figure of this kind of task.
    """
    figures = gate_figures(task_kind)
    return tuple(parse_constraint(text, figures, what="gate", example=EXAMPLE) for text in dict.fromkeys(texts))


def sensitivity(probabilities: Array, targets: Labels, threshold: float | None) -> float:
    """Of two classes the share of the positives that are flagged; of more that of the class that is missed most. NaN
    where a class has no row.

    Args:
        probabilities: (N, classes).
        targets: (N,) class indices; of words see `labels_of`.
        threshold: Of the positive class; None: where it is the likelier one.
    """
    count = probabilities.shape[1]
    if count == 2:
        found, labels = flags(probabilities, threshold).astype(np.int64), [POSITIVE]
    else:
        found, labels = probabilities.argmax(1), list(range(count))
    targets = labels_of(targets)
    if set(labels) - set(targets.tolist()):
        return float("nan")
    return min(float((found[targets == label] == label).mean()) for label in labels)


def group_gap(groups: Sequence[Comparison]) -> float | None:
    """The largest equal opportunity difference of all protected columns; None where no groups are compared."""
    gaps = [apart.opportunity.value for found in groups for apart in found.disparities]
    return max(gaps, default=None)
