import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from automl.evaluation import METRICS
from automl.evaluation.interval import Estimate, estimates, gain
from automl.evaluation.measures import bins_of
from automl.evaluation.sample import Sample

ROWS = 60
BINARY = {name for name, metric in METRICS.items() if metric.binary}


def predictions(metric: str, seed: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (ROWS, classes) of a model with so much noise, and the targets; scores have ties."""
    classes = 2 if metric in BINARY else 3 if METRICS[metric].fewest == 2 else 20
    targets = np.arange(ROWS) % classes
    rng = np.random.default_rng(seed)
    values = np.eye(classes)[targets] + noise * rng.normal(size=(ROWS, classes))
    if not METRICS[metric].classification:
        return values.astype(np.float32), np.eye(classes, dtype=np.float32)[targets]
    shares = np.exp(4 * values) / np.exp(4 * values).sum(1, keepdims=True)
    return shares.round(2).astype(np.float32), targets


def compare(metric: str, ours: float, theirs: float, **settings: Any) -> Any:
    (good, targets), (bad, _) = predictions(metric, 0, ours), predictions(metric, 1, theirs)
    return gain(METRICS[metric], good, bad, targets, **{"seed": 0, **settings})


def counts_of(drawn: np.ndarray) -> np.ndarray:
    """How often each resample has each row, (resamples, ROWS), of the rows that it has."""
    return np.stack([np.bincount(rows, minlength=ROWS) for rows in drawn]).astype(np.float64)


@pytest.mark.parametrize("metric", sorted(set(METRICS) - {"ece", "entity_f1"}))
def test_all_resamples_at_once_give_what_each_gives(metric: str) -> None:
    ours, targets = predictions(metric, 0, 0.5)
    drawn = np.random.default_rng(0).integers(ROWS, size=(20, ROWS))
    expected = [METRICS[metric].compute(ours[rows], targets[rows]) for rows in drawn]
    found = METRICS[metric].measure(Sample(ours, targets, counts_of(drawn)))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_bins_of_the_calibration_error_are_those_of_the_sample() -> None:
    """Each resample has rows of one bin alone: it is as far off as that bin."""
    ours, targets = predictions("ks", 0, 0.5)
    bins, off = bins_of(ours[:, 1].astype(np.float64)), ours[:, 1] - targets
    drawn = np.stack([np.resize(np.flatnonzero(bins == number), ROWS) for number in np.unique(bins)])
    found = METRICS["ece"].measure(Sample(ours, targets, counts_of(drawn)))
    np.testing.assert_allclose(found, [abs(off[rows].mean()) for rows in drawn], atol=1e-6)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "f1_macro", "auc", "average_precision", *sorted(BINARY)])
def test_a_resample_without_one_of_the_classes_counts_as_the_metric_has_it(metric: str) -> None:
    ours, targets = predictions(metric, 0, 0.5)
    rows = np.flatnonzero(targets != targets.max())[np.arange(ROWS) % 30]
    value = METRICS[metric].measure(Sample(ours, targets, counts_of(rows[None])))[0]
    assert value == pytest.approx(METRICS[metric].compute(ours[rows], targets[rows]), nan_ok=True)
    assert math.isnan(value) == (metric not in ("balanced_accuracy", "f1_macro"))


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_a_better_model_gains_and_a_worse_one_loses(metric: str) -> None:
    better, worse = compare(metric, 0.2, 3.0), compare(metric, 3.0, 0.2)
    assert 0 < better.low < better.high and better.low <= better.value <= better.high
    assert worse.low < worse.high < 0 and worse.low <= worse.value <= worse.high


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_every_figure_is_within_its_interval(metric: str) -> None:
    ours, targets = predictions(metric, 0, 1.0)
    found = estimates({metric: METRICS[metric]}, ours, targets, seed=0)[metric]
    assert found.value == pytest.approx(METRICS[metric].compute(ours, targets))
    assert found.low < found.high and found.low <= found.value <= found.high
    assert METRICS[metric].bounds[0] <= found.low and found.high <= METRICS[metric].bounds[1]


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Of the AUC of two normal distributions, which is known."""
    truth, rng, hits = stats.norm.cdf(1 / math.sqrt(2)), np.random.default_rng(0), 0
    for _ in range(200):
        targets = rng.integers(2, size=150)
        scores = rng.normal(size=150) + targets
        both = np.stack([-scores, scores], axis=1)
        found = estimates({"auc": METRICS["auc"]}, both, targets, seed=0, resamples=200)["auc"]
        hits += found.low <= truth <= found.high
    assert 180 <= hits <= 199


def test_the_bias_of_resamples_is_taken_off() -> None:
    """Where honest probabilities are off by chance alone, resamples are off by twice as much chance."""
    shares = (np.arange(1000) + 0.5) / 1000
    both, targets = np.stack([1 - shares, shares], axis=1), (np.random.default_rng(0).random(1000) < shares) * 1
    found = estimates({"ece": METRICS["ece"]}, both, targets, seed=0)["ece"]
    assert found.value < 0.03 and 0 < found.low < 0.9 * found.value < found.value < found.high


def test_the_interval_is_as_wide_as_theory_has_it() -> None:
    """Of two models that differ in a tenth of 400 rows, one way: the standard error of a share."""
    targets = np.zeros(400, dtype=np.int64)
    right, wrong = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    ours = np.tile(right, (400, 1))
    theirs = np.where(np.arange(400)[:, None] < 40, wrong, right)
    found = gain(METRICS["accuracy"], ours, theirs, targets, seed=0)
    assert found is not None and found.value == pytest.approx(0.1)
    error = math.sqrt(0.1 * 0.9 / 400)
    assert (found.low, found.high) == pytest.approx((0.1 - 1.96 * error, 0.1 + 1.96 * error), abs=0.004)


def test_rows_are_drawn_in_pairs() -> None:
    """Two models that make the same mistakes differ by nothing, however many they make."""
    found = gain(METRICS["accuracy"], *(predictions("accuracy", 0, 3.0)[0],) * 2, np.arange(ROWS) % 3, seed=0)
    assert found is not None and (found.value, found.low, found.high) == (0, 0, 0)


def test_one_seed_gives_one_interval_whatever_fits_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    first, other = compare("auc", 0.5, 1.0), compare("auc", 0.5, 1.0, seed=1)
    monkeypatch.setattr("automl.evaluation.interval.AT_A_TIME", 7 * ROWS)
    assert compare("auc", 0.5, 1.0) == first
    assert other != first and other.value == first.value


def test_where_the_metric_is_not_defined_there_is_no_gain() -> None:
    ours, _ = predictions("ks", 0, 0.5)
    assert gain(METRICS["auc"], ours, ours, np.zeros(ROWS, dtype=np.int64), seed=0) is None


def test_rare_classes_leave_an_interval_of_the_resamples_that_have_them() -> None:
    targets = np.repeat([0, 1], [ROWS - 1, 1])
    scores = np.linspace(0, 1, ROWS)
    ours, theirs = (np.stack([1 - s, s], axis=1) for s in (scores, scores[::-1]))
    found = gain(METRICS["auc"], ours, theirs, targets, seed=0)
    assert found is not None and found.value == pytest.approx(1.0) and found.low == pytest.approx(1.0)


def test_where_a_metric_is_not_defined_the_figure_has_no_interval() -> None:
    ours, _ = predictions("ks", 0, 0.5)
    found = estimates(
        {name: METRICS[name] for name in ("auc", "accuracy")}, ours, np.zeros(ROWS, dtype=np.int64), seed=0
    )
    assert all(map(math.isnan, vars(found["auc"]).values()))
    assert found["accuracy"].low < found["accuracy"].high


def test_without_resamples_there_are_figures_alone() -> None:
    ours, targets = predictions("auc", 0, 0.5)
    found = estimates({"auc": METRICS["auc"]}, ours, targets, seed=0, resamples=0)["auc"]
    assert found.value == METRICS["auc"].compute(ours, targets)
    assert math.isnan(found.low)


def test_many_rows_are_drawn_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def count(value: float, resampled: np.ndarray, bounds: Any) -> Estimate:
        drawn.append(len(resampled))
        return Estimate(value, value, value)

    monkeypatch.setattr(Estimate, "of", count)
    for rows in (60, 12_000, 100_000):
        shares = np.linspace(0, 1, rows)
        both = np.stack([1 - shares, shares], axis=1)
        estimates({"accuracy": METRICS["accuracy"]}, both, np.arange(rows) % 2, seed=0)
    assert drawn == [2000, 1000, 200]


def test_an_estimate_reads_well() -> None:
    assert str(Estimate(0.5, 0.25, 0.75)) == "0.5000 (95 % interval 0.2500 to 0.7500)"
