"""Models are combined by greedy selection: on validation at least as good as the best of them."""

import numpy as np
import pytest

from automl.components import Task
from automl.evaluation import METRICS
from automl.evaluation.ensemble import select

CLASSES = Task(kind="table-classification", num_outputs=2, input_shape=(1,), class_names=("no", "yes"))
VALUES = Task(kind="table-regression", num_outputs=1, input_shape=(1,))
RNG = np.random.default_rng(0)
TARGETS = RNG.integers(0, 2, 400)


def noisy(noise: float, seed: int) -> np.ndarray:
    scores = TARGETS + np.random.default_rng(seed).normal(0, noise, len(TARGETS))
    likelihood = 1 / (1 + np.exp(-4 * (scores - 0.5)))
    return np.stack([1 - likelihood, likelihood], axis=1)


def test_models_that_err_apart_are_better_together() -> None:
    models = [noisy(1.0, seed) for seed in range(6)]
    shares = select(models, TARGETS, METRICS["auc"], CLASSES)
    auc = METRICS["auc"].compute
    together = auc(np.sum([share * one for share, one in zip(shares, models, strict=True)], axis=0), TARGETS)
    assert shares.sum() == pytest.approx(1) and (shares > 0).sum() >= 3
    assert together > max(auc(one, TARGETS) for one in models) + 0.02


def test_what_only_spoils_the_mean_gets_no_share() -> None:
    shares = select([noisy(0.2, 0), 1 - noisy(0.2, 1)], TARGETS, METRICS["log_loss"], CLASSES)
    assert shares.tolist() == [1, 0]


def test_copies_of_one_model_are_that_model() -> None:
    shares = select([noisy(1.0, 0)] * 3, TARGETS, METRICS["auc"], CLASSES)
    assert sorted(shares) == [0, 0, 1]


def test_values_are_combined_likewise_where_less_is_better() -> None:
    truth = RNG.normal(size=(300, 1))
    above, below = truth + 1, truth - 0.9
    shares = select([above, below], truth, METRICS["rmse"], VALUES)
    assert METRICS["rmse"].compute(shares[0] * above + shares[1] * below, truth) < 0.1


def test_by_right_answers_a_model_that_knows_little_takes_no_part() -> None:
    good, flat = noisy(0.6, 0), [0.5 + 0.02 * (noisy(3.0, seed) - 0.5) for seed in range(1, 12)]
    assert select([good, *flat], TARGETS, METRICS["accuracy"], CLASSES).tolist() == [1] + [0] * 11
