import math
from typing import Any

import numpy as np
import pytest

from automl.evaluation import METRICS
from automl.evaluation.interval import _BY_COUNTS, _counts, _differences, gain

ROWS = 60


def predictions(metric: str, seed: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (ROWS, 3) of a model with so much noise, and the targets; scores have ties."""
    targets = np.arange(ROWS) % 3
    rng = np.random.default_rng(seed)
    values = np.eye(3)[targets] + noise * rng.normal(size=(ROWS, 3))
    if not METRICS[metric].classification:
        return values.astype(np.float32), np.eye(3, dtype=np.float32)[targets]
    shares = np.exp(values) / np.exp(values).sum(1, keepdims=True)
    return shares.round(2).astype(np.float32), targets


def compare(metric: str, ours: float, theirs: float, **settings: Any) -> Any:
    (good, targets), (bad, _) = predictions(metric, 0, ours), predictions(metric, 1, theirs)
    return gain(METRICS[metric], good, bad, targets, **{"seed": 0, **settings})


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_all_resamples_at_once_give_what_each_gives(metric: str) -> None:
    (ours, targets), (theirs, _) = predictions(metric, 0, 0.5), predictions(metric, 1, 1.0)
    drawn = np.random.default_rng(0).integers(ROWS, size=(20, ROWS))
    compute = METRICS[metric].compute
    expected = [compute(ours[rows], targets[rows]) - compute(theirs[rows], targets[rows]) for rows in drawn]
    np.testing.assert_allclose(_differences(METRICS[metric], ours, theirs, targets, drawn), expected, atol=1e-6)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "f1_macro", "auc"])
def test_a_resample_without_one_of_the_classes_counts_as_the_metric_has_it(metric: str) -> None:
    ours, targets = predictions(metric, 0, 0.5)
    rows = np.flatnonzero(targets != 2)[np.arange(ROWS) % 40]
    value = _BY_COUNTS[metric](_counts(rows[None]), ours, targets)[0]
    assert value == pytest.approx(METRICS[metric].compute(ours[rows], targets[rows]), nan_ok=True)
    assert math.isnan(value) == (metric == "auc")


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_a_better_model_gains_and_a_worse_one_loses(metric: str) -> None:
    better, worse = compare(metric, 0.2, 2.0), compare(metric, 2.0, 0.2)
    assert 0 < better.low < better.value < better.high
    assert worse.low < worse.value < worse.high < 0


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
    ours, _ = predictions("auc", 0, 0.5)
    assert gain(METRICS["auc"], ours, ours, np.zeros(ROWS, dtype=np.int64), seed=0) is None


def test_rare_classes_leave_an_interval_of_the_resamples_that_have_them() -> None:
    targets = np.repeat([0, 1], [ROWS - 1, 1])
    scores = np.linspace(0, 1, ROWS)
    ours, theirs = (np.stack([1 - s, s], axis=1) for s in (scores, scores[::-1]))
    found = gain(METRICS["auc"], ours, theirs, targets, seed=0)
    assert found is not None and found.value == pytest.approx(1.0) and found.low == pytest.approx(1.0)


def test_a_gain_reads_well() -> None:
    assert str(compare("accuracy", 0.2, 0.2, resamples=50)).count("95 % interval") == 1
    assert str(compare("log_loss", 0.2, 2.0)).startswith("+")
