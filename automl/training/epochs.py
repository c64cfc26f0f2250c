"""What an epoch of a trial gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from automl.components import Task
from automl.evaluation import Metric
from automl.evaluation.metrics import loss_metric


@dataclass(frozen=True)
class EpochResult:
    """One epoch.

    Args:
        metrics: By name: `train_loss`, `lr`, `val_<metric>`.
        merit: (metric, smooth loss), signed so that higher is better.
        is_best: Whether it is the best so far.
        end: Why it is the last one, or None.
    """

    epoch: int
    metrics: dict[str, float]
    merit: tuple[float, float]
    is_best: bool
    end: str | None


def merit(scores: Mapping[str, float], metric: Metric, task: Task) -> tuple[float, float]:
    """(metric, smooth loss), signed so that higher is better; a metric that isn't defined counts as worst."""
    value = scores[metric.name]
    signed = -value if metric.minimize else value
    return (signed if math.isfinite(signed) else -math.inf, -scores[loss_metric(task).name])
