import json

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from automl.errors import UserError
from automl.evaluation import METRICS
from automl.evaluation.calibration import Calibration, log_odds
from automl.evaluation.calibrators import calibrate, fit_isotonic, fit_platt, fit_temperature

AUC = METRICS["auc"]


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shares / shares.sum(1, keepdims=True), np.float32)


def honest(rows: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of probabilities that come true as often as they say, and what came true."""
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.normal(size=(rows, classes))
    return logits, (softmax(logits).cumsum(1) < rng.uniform(size=(rows, 1))).sum(1)


def fitted(kind: str) -> Calibration:
    logits, targets = honest(2000, 2)
    found = {"temperature": fit_temperature, "platt": fit_platt, "isotonic": fit_isotonic}[kind](
        softmax(3 * logits), targets
    )
    assert found is not None
    return found


def test_a_temperature_takes_back_what_made_the_model_too_sure() -> None:
    logits, targets = honest(5000, 4)
    assert fit_temperature(softmax(3 * logits), targets).numbers[0] == pytest.approx(3, rel=0.05)
    assert fit_temperature(softmax(logits / 2), targets).numbers[0] == pytest.approx(0.5, rel=0.05)


def test_platt_finds_slope_and_shift() -> None:
    logits, targets = honest(20_000, 2)
    shifted = softmax(2 * logits + np.array([0, 3.0]))
    found = fit_platt(shifted, targets)
    assert found is not None and found.numbers == pytest.approx((0.5, -1.5), abs=0.05)
    assert fit_platt(shifted, 1 - targets) is None, "a model that is worse than chance is not turned around"


def test_platt_stays_finite_where_the_classes_are_apart() -> None:
    targets = np.arange(200) % 2
    probabilities = softmax(np.where(np.arange(2) == targets[:, None], 8.0, 0.0))
    found = fit_platt(probabilities, targets)
    assert found is not None and np.isfinite(found.numbers).all()
    assert np.all(found.apply(probabilities)[:, 1].astype(float) < 1)


def test_isotonic_goes_through_the_steps_of_isotonic_regression() -> None:
    logits, targets = honest(3000, 2)
    probabilities = softmax(logits + np.array([0, 1.0])).round(3)
    found = fit_isotonic(probabilities, targets)
    assert found is not None
    steps = IsotonicRegression().fit(probabilities[:, 1], targets).predict(probabilities[:, 1])
    half = len(found.numbers) // 2
    xs, ys = np.array(found.numbers[:half]), np.array(found.numbers[half:])
    assert (np.diff(xs) > 0).all() and (np.diff(ys) > 0).all() and (xs[0], ys[0], xs[-1], ys[-1]) == (0, 0, 1, 1)
    for x, y in list(zip(xs, ys, strict=True))[2:-2]:
        assert np.abs(steps - y).min() < 1e-6
        assert probabilities[np.abs(steps - y) < 1e-6, 1].astype(float).mean() == pytest.approx(x, abs=1e-6)


@pytest.mark.parametrize("kind", ["temperature", "platt", "isotonic"])
def test_calibration_keeps_the_order_of_rows_and_so_auc(kind: str) -> None:
    logits, targets = honest(4000, 2, seed=1)
    before = softmax(3 * logits)
    after = fitted(kind).apply(before)
    assert after.dtype == np.float32 and np.allclose(after.sum(1), 1, atol=1e-6)
    order = np.argsort(before[:, 1], kind="stable")
    apart = np.diff(before[order, 1]) > 1e-6  # next to 1 float32 rounds
    assert (np.diff(after[order, 1])[apart] > 0).all()
    assert roc_auc_score(targets, after[:, 1]) == pytest.approx(roc_auc_score(targets, before[:, 1]), abs=2e-6)
    assert METRICS["ece"].compute(after, targets) < METRICS["ece"].compute(before, targets) / 2


@pytest.mark.parametrize("kind", ["temperature", "platt", "isotonic"])
def test_a_calibration_is_kept_as_json(kind: str) -> None:
    found = fitted(kind)
    assert Calibration.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_calibration_of_a_later_version_is_refused() -> None:
    with pytest.raises(UserError, match="calibrated by beta, which this version doesn't know"):
        Calibration.from_dict({"kind": "beta", "numbers": []})


def test_the_certain_stays_finite() -> None:
    sure = np.array([[0, 1], [1, 0]], np.float32)
    assert np.isfinite(log_odds(sure)).all()
    for kind in ("temperature", "platt", "isotonic"):
        assert np.isfinite(fitted(kind).apply(sure)).all()


# The choice


@pytest.mark.parametrize(
    ("bend", "expected"),
    [
        (lambda odds: odds, "none"),
        (lambda odds: 3 * odds, "temperature"),
        (lambda odds: odds + 2, "platt"),
        (lambda odds: np.where(odds > 0, 8, 0.2) * odds + 1, "isotonic"),
    ],
)
def test_the_simplest_that_does_is_chosen(bend: object, expected: str) -> None:
    logits, targets = honest(6000, 2)
    odds = bend(logits[:, 1] - logits[:, 0])  # type: ignore[operator]
    choice = calibrate(softmax(np.stack([np.zeros(len(odds)), odds], axis=1)), targets, AUC, seed=0)
    assert choice.calibration.kind == expected
    assert bool(choice.reason) == (expected == "none")


def test_of_several_classes_it_is_a_temperature() -> None:
    logits, targets = honest(3000, 4)
    choice = calibrate(softmax(4 * logits), targets, METRICS["accuracy"], seed=0)
    assert choice.calibration.kind == "temperature"
    before, after = (METRICS["log_loss"].compute(shares, targets) for shares in (softmax(4 * logits), choice.crossed))
    assert after < before


def test_what_would_make_the_searchs_metric_worse_is_not_taken() -> None:
    """Trained with balanced weights a model finds more of the rare class; honest probabilities would undo that."""
    rng = np.random.default_rng(0)
    targets = (rng.uniform(size=3000) < 0.1).astype(np.int64)
    odds = 2 * (rng.normal(size=3000) + 2 * targets - 1)
    balanced = softmax(np.stack([np.zeros(3000), odds], axis=1))
    assert calibrate(balanced, targets, AUC, seed=0).calibration.kind in ("platt", "isotonic")
    assert calibrate(balanced, targets, METRICS["balanced_accuracy"], seed=0).calibration.kind in (
        "none",
        "temperature",
    )


def test_too_few_rows_are_not_calibrated_on() -> None:
    logits, targets = honest(60, 2)
    choice = calibrate(softmax(5 * logits), targets, AUC, seed=0)
    assert choice.calibration == Calibration() and choice.reason == "validation has 60 rows, and 100 are needed"
    rare = np.r_[np.zeros(995, np.int64), np.ones(5, np.int64)]
    choice = calibrate(softmax(np.random.default_rng(0).normal(size=(1000, 2))), rare, AUC, seed=0)
    assert choice.reason == "validation has 5 rows of one class, and 10 are needed"


def test_one_seed_gives_one_choice() -> None:
    logits, targets = honest(1200, 2)
    one, other = (calibrate(softmax(2 * logits), targets, AUC, seed=3) for _ in range(2))
    assert one.calibration == other.calibration and np.array_equal(one.crossed, other.crossed)
