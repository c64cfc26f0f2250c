import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve

from automl.components import Task
from automl.errors import UserError
from automl.evaluation import METRICS, check_classes, find_metric, metrics_of, score
from automl.evaluation.measures import BINS, bins_of

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
    expected = {
        "accuracy": reference.accuracy_score(targets, labels),
        "balanced_accuracy": reference.balanced_accuracy_score(targets, labels),
        "auc": reference.roc_auc_score(targets, scores, multi_class="ovr"),
        "average_precision": reference.average_precision_score(targets, scores),
        "f1_macro": reference.f1_score(targets, labels, average="macro"),
        "log_loss": reference.log_loss(targets, predicted),
        "brier": reference.brier_score_loss(targets, scores),
    }
    if classes == 4:
        expected["top3_accuracy"] = reference.top_k_accuracy_score(targets, predicted, k=3)
    found = score(predicted, targets, make_task(classes=classes))
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)


def two_classes(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities with ties, and targets of which a third is positive."""
    rng = np.random.default_rng(seed)
    targets = np.arange(rows) % 3 // 2
    positive = (1 / (1 + np.exp(1 - 2 * targets - rng.normal(size=rows)))).round(2).astype(np.float32)
    return np.stack([1 - positive, positive], axis=1), targets


@pytest.mark.parametrize("rows", [30, 60, 700])
def test_the_metrics_of_two_classes_are_those_of_scikit_learn_and_scipy(rows: int, make_task: MakeTask) -> None:
    predicted, targets = two_classes(rows)
    positive = predicted[:, 1]
    false_alarms, sensitivity, _ = reference.roc_curve(targets, positive, drop_intermediate=False)
    true, said = calibration_curve(targets, positive, n_bins=BINS, strategy="quantile")
    bins = np.bincount(bins_of(positive.astype(np.float64)), minlength=BINS)
    found = score(predicted, targets, make_task(classes=2))
    assert {name for name, metric in METRICS.items() if metric.binary} < set(found)
    assert {name: found[name] for name in ("gini", "ks", "average_precision", "ece")} == pytest.approx(
        {
            "gini": 2 * reference.roc_auc_score(targets, positive) - 1,
            "ks": stats.ks_2samp(positive[targets == 1], positive[targets == 0]).statistic,
            "average_precision": reference.average_precision_score(targets, positive),
            "ece": bins[bins > 0] @ abs(true - said) / rows,
        },
        rel=1e-5,
    )
    assert found["sensitivity_at_95_specificity"] == sensitivity[false_alarms <= 0.05 + 1e-12].max()
    assert found["specificity_at_95_sensitivity"] == (1 - false_alarms)[sensitivity >= 0.95 - 1e-12].max()


def test_the_second_class_is_the_positive_one(make_task: MakeTask) -> None:
    """Of 20 negatives one is above one of the two positives."""
    positive = np.r_[np.linspace(0, 0.5, 19), 0.9, [0.95, 0.8]]
    targets = np.r_[np.zeros(20, int), 1, 1]
    predicted, task = np.stack([1 - positive, positive], axis=1), make_task(classes=2)
    assert score(predicted, targets, task)["sensitivity_at_95_specificity"] == 1
    assert score(predicted, targets, task)["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert score(predicted[:, ::-1], 1 - targets, task)["average_precision"] > 0.99


def test_several_classes_have_no_metrics_of_two(make_task: MakeTask) -> None:
    names = score(probabilities(60, 3), np.arange(60) % 3, make_task(classes=3))
    assert {name for name, metric in METRICS.items() if metric.binary}.isdisjoint(names)


def test_the_calibration_error_is_how_far_probabilities_are_off(make_task: MakeTask) -> None:
    targets = np.tile([0, 0, 0, 1], 100)
    honest, off = np.tile([0.75, 0.25], (400, 1)), np.tile([0.6, 0.4], (400, 1))
    assert score(honest, targets, make_task(classes=2))["ece"] == pytest.approx(0)
    assert score(off, targets, make_task(classes=2))["ece"] == pytest.approx(0.15)
    sure = np.tile([0.8, 0.1, 0.1], (400, 1))
    assert score(sure, targets, make_task(classes=3))["ece"] == pytest.approx(0.05), "of the likeliest class"


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
    of_thresholds = {"auc", "average_precision"} | {name for name in scores if METRICS[name].binary}
    assert {name for name, value in scores.items() if math.isnan(value)} == of_thresholds


@pytest.mark.parametrize("classes", [2, 3])
def test_a_perfect_prediction_has_the_best_values(classes: int, make_task: MakeTask) -> None:
    targets = np.arange(6) % classes
    scores = score(np.eye(classes, dtype=np.float32)[targets], targets, make_task(classes=classes))
    assert {name: value for name, value in scores.items() if value != (0 if METRICS[name].minimize else 1)} == {}


def test_each_metric_knows_which_way_is_better() -> None:
    less = {"log_loss", "brier", "ece", "mse", "rmse", "mae"}
    assert {name for name, metric in METRICS.items() if metric.minimize} == less
    assert METRICS["accuracy"].better(0.9, 0.8) and not METRICS["accuracy"].better(0.8, 0.8)
    assert METRICS["mse"].better(0.1, 0.2) and not METRICS["mse"].better(0.2, 0.1)
    for metric in METRICS.values():
        assert not metric.better(math.nan, 0.5) and not metric.better(0.5, math.nan)


def test_a_task_is_measured_by_its_own_metrics(make_task: MakeTask) -> None:
    two, four, regression = (
        {metric.name for metric in metrics_of(make_task(classes=classes))} for classes in (2, 4, 0)
    )
    classification = two | four
    assert "top3_accuracy" in four - two
    assert classification | regression == set(METRICS) - {"entity_f1"}  # of words
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


def test_a_metric_of_two_classes_is_refused_where_there_are_more(make_task: MakeTask) -> None:
    check_classes("ks", make_task(classes=2))
    with pytest.raises(UserError, match=r"The metric ks is for two classes; the data have 3\. Choices: accuracy, .*"):
        check_classes("ks", make_task(classes=3))
    with pytest.raises(UserError, match=r"The metric top3_accuracy is for 4 or more classes; the data have 3\."):
        check_classes("top3_accuracy", make_task(classes=3))
