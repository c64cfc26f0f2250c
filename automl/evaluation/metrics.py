"""Metrics by name, on arrays of predictions."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from automl.components import Task
from automl.errors import UserError, unknown
from automl.evaluation import measures
from automl.evaluation.entities import entity_f1
from automl.evaluation.sample import Array, Labels, Sample


@dataclass(frozen=True)
class Metric:
    """A figure of merit.

    Args:
        name: As in YAML, on the command line and in MLflow (`val_<name>`, `test_<name>`).
        minimize: Whether less is better.
        measure: See `automl.evaluation.measures`. Predictions are probabilities (N, classes) with targets (N,) of class
            indices, or values (N, outputs) with targets of the same shape.
        classification: The kind of task that it is for.
        binary: Whether it is for two classes alone: the second one is the positive one.
        fewest: Classes that it is of use for: with fewer it is always 1.
        bounds: Its smallest and largest value.
        words: Whether it is for classes of words: for them, too, for nothing else, or not for them, where it takes long
            for so many rows or says little of them.
    """

    name: str
    minimize: bool
    measure: Callable[[Sample], Array]
    classification: bool = True
    binary: bool = False
    fewest: int = 2
    bounds: tuple[float, float] = (0, 1)
    words: Literal["too", "only", "not"] = "too"

    def compute(self, predictions: Array, targets: Labels) -> float:
        """Of all rows; NaN where it isn't defined."""
        return float(self.measure(Sample.as_it_is(predictions, targets))[0])

    def better(self, value: float, than: float) -> bool:
        """Whether `value` is strictly better; never true of a NaN."""
        return value < than if self.minimize else value > than


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", False, measures.accuracy),
        Metric("top3_accuracy", False, measures.top3_accuracy, fewest=4, words="not"),
        Metric("balanced_accuracy", False, measures.balanced_accuracy),
        Metric("auc", False, measures.auc, words="not"),
        Metric("gini", False, measures.gini, binary=True, bounds=(-1, 1)),
        Metric("ks", False, measures.ks, binary=True),
        Metric("average_precision", False, measures.average_precision, words="not"),
        Metric("sensitivity_at_95_specificity", False, measures.sensitivity_at_95_specificity, binary=True),
        Metric("specificity_at_95_sensitivity", False, measures.specificity_at_95_sensitivity, binary=True),
        Metric("f1_macro", False, measures.f1_macro),
        Metric("entity_f1", False, entity_f1, words="only"),
        Metric("log_loss", True, measures.log_loss, bounds=(0, math.inf)),
        Metric("brier", True, measures.brier, bounds=(0, 2)),
        Metric("ece", True, measures.calibration_error),
        Metric("mse", True, measures.mse, classification=False, bounds=(0, math.inf)),
        Metric("rmse", True, measures.rmse, classification=False, bounds=(0, math.inf)),
        Metric("mae", True, measures.mae, classification=False, bounds=(0, math.inf)),
        Metric("r2", False, measures.r2, classification=False, bounds=(-math.inf, 1)),
    )
}


def metrics_of(task: Task) -> list[Metric]:
    """The metrics that a task of this kind is measured by."""
    return [metric for metric in METRICS.values() if _fits(metric, task)]


def metrics_for(task_kind: str) -> list[Metric]:
    """Those for tasks of a kind, whatever their classes."""
    classification = task_kind.endswith("classification")
    left_out = "not" if task_kind.startswith("token-") else "only"
    return [m for m in METRICS.values() if m.classification == classification and m.words != left_out]


def _fits(metric: Metric, task: Task) -> bool:
    if metric not in metrics_for(task.kind):
        return False
    if not metric.classification:
        return True
    return task.num_classes == 2 if metric.binary else task.num_classes >= metric.fewest


def loss_metric(task: Task) -> Metric:
    """The smooth metric that decides between equal values of another one."""
    return METRICS["log_loss" if task.is_classification else "mse"]


def find_metric(name: str, task_kind: str) -> Metric:
    """The metric called `name`, if it is for this kind of task; UserError otherwise."""
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    if METRICS[name] not in metrics_for(task_kind):
        choices = ", ".join(metric.name for metric in metrics_for(task_kind))
        raise UserError(f"The metric {name} isn't for {task_kind}. Choices: {choices}.", hint="Set it with --metric.")
    return METRICS[name]


def check_classes(name: str, task: Task) -> None:
    """Raises UserError where a metric, chosen before the data was read, is for another number of classes."""
    if not _fits(METRICS[name], task):
        choices = ", ".join(metric.name for metric in metrics_of(task))
        wanted = "two" if METRICS[name].binary else f"{METRICS[name].fewest} or more"
        raise UserError(
            f"The metric {name} is for {wanted} classes; the data have {task.num_classes}. Choices: {choices}.",
            hint="Set it with --metric.",
        )


def score(predictions: Array, targets: Labels, task: Task) -> dict[str, float]:
    """Every metric of the task's kind, by name. A metric that isn't defined on these targets is NaN."""
    sample = Sample.as_it_is(predictions, targets)
    return {metric.name: float(metric.measure(sample)[0]) for metric in metrics_of(task)}
