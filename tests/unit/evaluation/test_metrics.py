import math
from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics as reference

from automl.components import Task
from automl.errors import UserError
from automl.evaluation import METRICS, find_metric, metrics_of, score

MakeTask = Callable[..., Task]


def probabilities(rows: int, classes: int, seed: int = 0) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(rows, classes))
    shares: np.ndarray = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return shares.astype(np.float32)


@pytest.mark.parametrize("classes", [2, 4])
def test_classification_metrics_are_scikit_learns(classes: int, make_task: MakeTask) -> None:
    predicted, targets = probabilities(60, classes), np.arange(60) % classes
    labels = predicted.argmax(1)
    scores = predicted[:, 1] if classes == 2 else predicted
    assert score(predicted, targets, make_task(classes=classes)) == pytest.approx(
        {
            "accuracy": reference.accuracy_score(targets, labels),
            "balanced_accuracy": reference.balanced_accuracy_score(targets, labels),
            "auc": reference.roc_auc_score(targets, scores, multi_class="ovr"),
            "f1_macro": reference.f1_score(targets, labels, average="macro"),
            "log_loss": reference.log_loss(targets, predicted),
        },
        rel=1e-5,
    )


def test_regression_metrics_are_those_of_the_textbook(make_task: MakeTask) -> None:
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(30, 2)).astype(np.float32)
    predicted = targets + rng.normal(size=(30, 2)).astype(np.float32)
    error = predicted - targets
    assert score(predicted, targets, make_task(classes=0)) == pytest.approx(
        {
            "mse": (error**2).mean(),
            "rmse": math.sqrt((error**2).mean()),
            "mae": abs(error).mean(),
            "r2": reference.r2_score(targets, predicted),
        },
        rel=1e-5,
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_auc_is_undefined_where_a_class_is_absent(classes: int, make_task: MakeTask) -> None:
    scores = score(probabilities(10, classes), np.zeros(10, dtype=np.int64), make_task(classes=classes))
    assert math.isnan(scores["auc"])
    assert all(math.isfinite(value) for name, value in scores.items() if name != "auc")


def test_a_perfect_prediction_has_the_best_values(make_task: MakeTask) -> None:
    targets = np.arange(6) % 3
    scores = score(np.eye(3, dtype=np.float32)[targets], targets, make_task(classes=3))
    assert [scores[name] for name in ("accuracy", "balanced_accuracy", "auc", "f1_macro")] == [1, 1, 1, 1]
    assert scores["log_loss"] < 1e-5


def test_each_metric_knows_which_way_is_better() -> None:
    assert {name for name, metric in METRICS.items() if metric.minimize} == {"log_loss", "mse", "rmse", "mae"}
    assert METRICS["accuracy"].better(0.9, 0.8) and not METRICS["accuracy"].better(0.8, 0.8)
    assert METRICS["mse"].better(0.1, 0.2) and not METRICS["mse"].better(0.2, 0.1)
    for metric in METRICS.values():
        assert not metric.better(math.nan, 0.5) and not metric.better(0.5, math.nan)


def test_a_task_is_measured_by_its_own_metrics(make_task: MakeTask) -> None:
    classification, regression = (
        {metric.name for metric in metrics_of(make_task(classes=classes))} for classes in (3, 0)
    )
    assert classification | regression == set(METRICS)
    assert classification & regression == set()


def test_an_unknown_metric_is_told_with_the_near_matches() -> None:
    with pytest.raises(UserError, match=r"Unknown metric 'acuracy'") as refused:
        find_metric("acuracy", "image-classification")
    assert "accuracy" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("name", "task", "choice"), [("mse", "image-classification", "auc"), ("auc", "image-regression", "rmse")]
)
def test_a_metric_of_another_kind_of_task_is_refused(name: str, task: str, choice: str) -> None:
    with pytest.raises(UserError, match=rf"The metric {name} isn't for {task}\. Choices: .*{choice}") as refused:
        find_metric(name, task)
    assert "--metric" in str(refused.value.hint)
