"""Metrics by name, on arrays of predictions.

In numpy, not by scikit-learn: importing `sklearn.metrics` takes 3 s, which each worker would spend before its first
epoch. Tests compare them with scikit-learn's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.components import Task
from automl.errors import UserError, unknown

Array = NDArray[Any]
Labels = NDArray[Any]


@dataclass(frozen=True)
class Metric:
    """A figure of merit.

    Args:
        name: As in YAML, on the command line and in MLflow (`val_<name>`, `test_<name>`).
        minimize: Whether less is better.
        compute: (predictions, targets) -> float. Predictions are probabilities (N, classes) with targets (N,) of class
            indices, or values (N, outputs) with targets of the same shape.
        classification: The kind of task that it is for.
    """

    name: str
    minimize: bool
    compute: Callable[[Array, Labels], float]
    classification: bool

    def better(self, value: float, than: float) -> bool:
        """Whether `value` is strictly better; never true of a NaN."""
        return value < than if self.minimize else value > than


def _auc(probabilities: Array, targets: Labels) -> float:
    """Area under the ROC curve; for several classes the mean over one against the rest."""
    if len(np.unique(targets)) < probabilities.shape[1]:
        return float("nan")  # undefined where a class is absent
    classes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    return float(np.mean([_binary_auc(probabilities[:, label], targets == label) for label in classes]))


def _binary_auc(scores: Array, positive: Labels) -> float:
    """The probability that a positive scores above a negative, a tie counting half (Mann and Whitney 1947)."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(positive.sum())
    pairs = positives * (len(scores) - positives)
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / pairs)


def _accuracy(probabilities: Array, targets: Labels) -> float:
    return float((probabilities.argmax(1) == targets).mean())


def _balanced_accuracy(probabilities: Array, targets: Labels) -> float:
    hits, actual, _ = _counts(probabilities, targets)
    return float(np.mean(hits[actual > 0] / actual[actual > 0]))


def _f1_macro(probabilities: Array, targets: Labels) -> float:
    hits, actual, predicted = _counts(probabilities, targets)
    either = actual + predicted
    return float(np.mean(2 * hits[either > 0] / either[either > 0]))


def _counts(probabilities: Array, targets: Labels) -> tuple[Array, Array, Array]:
    """Per class: right predictions, rows that are of it, rows predicted as it."""
    width, predicted = probabilities.shape[1], probabilities.argmax(1)
    hits = np.bincount(targets[predicted == targets], minlength=width)
    return hits, np.bincount(targets, minlength=width), np.bincount(predicted, minlength=width)


def _log_loss(probabilities: Array, targets: Labels) -> float:
    likelihood = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return float(-np.log(np.maximum(likelihood, np.finfo(np.float32).tiny)).mean())


def _mse(values: Array, targets: Labels) -> float:
    return float(np.mean((values - targets) ** 2))


def _rmse(values: Array, targets: Labels) -> float:
    return float(np.sqrt(np.mean((values - targets) ** 2)))


def _mae(values: Array, targets: Labels) -> float:
    return float(np.mean(np.abs(values - targets)))


def _r2(values: Array, targets: Labels) -> float:
    residual = ((values - targets) ** 2).sum(0)
    total = ((targets - targets.mean(0)) ** 2).sum(0)
    return float(np.mean(1 - residual / total)) if (total > 0).all() else float("nan")


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", False, _accuracy, True),
        Metric("balanced_accuracy", False, _balanced_accuracy, True),
        Metric("auc", False, _auc, True),
        Metric("f1_macro", False, _f1_macro, True),
        Metric("log_loss", True, _log_loss, True),
        Metric("mse", True, _mse, False),
        Metric("rmse", True, _rmse, False),
        Metric("mae", True, _mae, False),
        Metric("r2", False, _r2, False),
    )
}


def metrics_of(task: Task) -> list[Metric]:
    """The metrics that a task of this kind is measured by."""
    return [metric for metric in METRICS.values() if metric.classification == task.is_classification]


def loss_metric(task: Task) -> Metric:
    """The smooth metric that decides between equal values of another one."""
    return METRICS["log_loss" if task.is_classification else "mse"]


def find_metric(name: str, task_kind: str) -> Metric:
    """The metric called `name`, if it is for this kind of task; UserError otherwise."""
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    classification = task_kind.endswith("classification")
    if METRICS[name].classification != classification:
        choices = ", ".join(metric.name for metric in METRICS.values() if metric.classification == classification)
        raise UserError(f"The metric {name} isn't for {task_kind}. Choices: {choices}.", hint="Set it with --metric.")
    return METRICS[name]


def score(predictions: Array, targets: Labels, task: Task) -> dict[str, float]:
    """Every metric of the task's kind, by name. A metric that isn't defined on these targets is NaN."""
    return {metric.name: metric.compute(predictions, targets) for metric in metrics_of(task)}
