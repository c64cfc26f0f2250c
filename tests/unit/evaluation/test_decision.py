import numpy as np
import pytest

from automl.evaluation.decision import Cost, flags, policies, threshold_for_cost, threshold_for_rate


def of_positive(shares: np.ndarray) -> np.ndarray:
    shares = np.asarray(shares, np.float32)
    return np.stack([1 - shares, shares], axis=1)


def honest(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that come true as often as they say."""
    rng = np.random.default_rng(seed)
    shares = rng.uniform(size=rows)
    return of_positive(shares), (rng.uniform(size=rows) < shares).astype(np.int64)


def cost_of(threshold: float, probabilities: np.ndarray, targets: np.ndarray, cost: Cost) -> float:
    return float(cost.of(flags(probabilities, threshold), targets == 1).sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("cost", [Cost(1, 5), Cost(5, 1), Cost(1, 1000), Cost(1000, 1)])
def test_no_threshold_costs_less_than_the_chosen_one(cost: Cost, seed: int) -> None:
    probabilities, targets = honest(60, seed)
    probabilities = probabilities.round(1)
    least = min(cost_of(threshold, probabilities, targets, cost) for threshold in np.linspace(0, 1.05, 400))
    assert cost_of(threshold_for_cost(probabilities, targets, cost), probabilities, targets, cost) == least


def test_with_many_honest_rows_the_threshold_is_the_share_of_the_costs() -> None:
    probabilities, targets = honest(20_000)
    assert threshold_for_cost(probabilities, targets, Cost(1, 4)) == pytest.approx(0.2, abs=0.03)


def test_of_thresholds_that_cost_the_same_the_one_that_theory_has_is_taken() -> None:
    probabilities, targets = of_positive(np.array([0.1, 0.1, 0.9, 0.9])), np.array([0, 0, 1, 1])
    assert threshold_for_cost(probabilities, targets, Cost(1, 4)) == 0.2
    assert threshold_for_cost(probabilities, targets, Cost(1, 99)) == pytest.approx(0.5), "0.01 would flag all"


@pytest.mark.parametrize(("rate", "flagged"), [(0.1, 0.1), (0.5, 0.5), (0.999, 1.0), (0.001, 0.01)])
def test_a_rate_is_kept_as_near_as_rows_allow(rate: float, flagged: float) -> None:
    probabilities, _ = honest(100)
    assert flags(probabilities, threshold_for_rate(probabilities, rate)).mean() == pytest.approx(flagged)


def test_ties_are_flagged_together() -> None:
    probabilities = of_positive(np.repeat([0.2, 0.6], [70, 30]))
    for rate, flagged in ((0.1, 0.3), (0.6, 0.3), (0.7, 1.0)):
        assert flags(probabilities, threshold_for_rate(probabilities, rate)).mean() == pytest.approx(flagged)


def test_neighbouring_numbers_are_told_apart() -> None:
    low = np.float32(0.3)
    probabilities = of_positive(np.array([low, np.nextafter(low, np.float32(1))]))
    assert flags(probabilities, threshold_for_rate(probabilities, 0.5)).tolist() == [False, True]


def test_without_a_threshold_the_likelier_class_is_decided_for() -> None:
    assert flags(of_positive(np.array([0.2, 0.5, 0.51])), None).tolist() == [False, False, True]


def test_policies_stand_beside_each_other() -> None:
    probabilities, targets = honest(2000)
    chosen, half, none, every = policies(probabilities, targets, 0.2, Cost(1, 4), seed=0)
    assert [policy.name for policy in (chosen, half, none, every)] == [
        "threshold 0.2",
        "threshold 0.5",
        "flag none",
        "flag all",
    ]
    positives = targets.mean()
    assert none.cost and every.cost and chosen.cost and half.cost
    assert (none.flagged.value, every.flagged.value, every.sensitivity.value) == (0, 1, 1)
    assert none.cost.value == pytest.approx(4 * positives) and every.cost.value == pytest.approx(1 - positives)
    assert every.precision.value == pytest.approx(positives) and np.isnan(none.precision.value)
    assert chosen.cost.value < min(half.cost.value, none.cost.value, every.cost.value)
    assert chosen.cost.low < chosen.cost.value < chosen.cost.high
    assert policies(probabilities, targets, 0.2, None, seed=0)[0].cost is None
