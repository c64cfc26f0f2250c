from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from automl.evaluation.figures import draw_reliability
from automl.evaluation.gains import gains, reliability


def honest(rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    shares = rng.uniform(size=rows)
    return np.stack([1 - shares, shares], axis=1), (rng.uniform(size=rows) < shares).astype(np.int64)


def test_the_first_tenth_has_the_highest_probabilities() -> None:
    scores = np.arange(100) / 100
    targets = (np.arange(100) >= 80).astype(np.int64)
    first, second, third, *_, last = gains(np.stack([1 - scores, scores], axis=1), targets)
    assert (first.rows, first.positives, first.rate, first.lowest) == (10, 10, 1, 0.9)
    assert (first.capture, second.captured, third.captured, last.captured) == (0.5, 1, 1, 1)
    assert (first.lift, second.total_lift, last.total_lift) == pytest.approx((5, 5, 1))
    assert third.lift == 0


@pytest.mark.parametrize("rows", [7, 101, 1000])
def test_tenths_add_up_to_all_rows(rows: int) -> None:
    probabilities, targets = honest(rows)
    found = gains(probabilities, targets)
    assert sum(tenth.rows for tenth in found) == rows
    assert sum(tenth.positives for tenth in found) == targets.sum()
    assert found[-1].captured == pytest.approx(1) and found[-1].total_lift == pytest.approx(1)


def test_without_positives_there_is_nothing_to_gain() -> None:
    probabilities, _ = honest(100)
    assert all(tenth.rate == tenth.capture == tenth.lift == 0 for tenth in gains(probabilities, np.zeros(100, int)))


def test_honest_probabilities_lie_on_the_diagonal() -> None:
    probabilities, targets = honest(5000)
    bins = reliability(probabilities, targets)
    assert [found.rows for found in bins] == [500] * 10
    assert sum(found.low <= found.said <= found.high for found in bins) >= 8
    assert [found.said for found in bins] == sorted(found.said for found in bins)


def test_of_several_classes_the_likeliest_one_is_looked_at() -> None:
    probabilities = np.tile([0.2, 0.5, 0.3], (60, 1))
    (found,) = reliability(probabilities, np.arange(60) % 3)
    assert (found.rows, found.said, found.true) == (60, pytest.approx(0.5), pytest.approx(1 / 3))


@pytest.mark.parametrize("name", ["ill", "$x_{$", r"\frac{", "a" * 300, "<b>&"])
def test_a_figure_shows_any_name(tmp_path: Path, name: str) -> None:
    probabilities, targets = honest(300)
    bins = reliability(probabilities, targets)
    draw_reliability(tmp_path / "r.png", {"as trained": bins, name: bins}, f"probability of {name}")
    with Image.open(tmp_path / "r.png") as image:
        assert image.size == (624, 624)
