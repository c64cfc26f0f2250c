"""Metrics by name, computed by scikit-learn on arrays of predictions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.components import Task
from automl.errors import UserError, unknown

Array = NDArray[np.floating]
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
    from sklearn.metrics import roc_auc_score

    classes = np.arange(probabilities.shape[1])
    if len(np.unique(targets)) < len(classes):
        return float("nan")  # undefined where a class is absent
    if len(classes) == 2:
        return float(roc_auc_score(targets, probabilities[:, 1]))
    return float(roc_auc_score(targets, probabilities, multi_class="ovr", labels=classes))


def _accuracy(probabilities: Array, targets: Labels) -> float:
    return float((probabilities.argmax(1) == targets).mean())


def _balanced_accuracy(probabilities: Array, targets: Labels) -> float:
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(targets, probabilities.argmax(1)))


def _f1_macro(probabilities: Array, targets: Labels) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(targets, probabilities.argmax(1), average="macro", zero_division=0.0))


def _log_loss(probabilities: Array, targets: Labels) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(targets, probabilities, labels=np.arange(probabilities.shape[1])))


def _mse(values: Array, targets: Labels) -> float:
    return float(np.mean((values - targets) ** 2))


def _rmse(values: Array, targets: Labels) -> float:
    return float(np.sqrt(np.mean((values - targets) ** 2)))


def _mae(values: Array, targets: Labels) -> float:
    return float(np.mean(np.abs(values - targets)))


def _r2(values: Array, targets: Labels) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(targets, values))


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
