"""What counts as drift: far enough to matter, and more than by chance."""

from collections.abc import Callable

import numpy as np
import pytest

from automl.monitoring import Shift, find_shifts, judge
from automl.monitoring.distributions import Measures, distribution_from_dict, distribution_of

Draw = Callable[[np.random.Generator, int], dict[str, np.ndarray]]


def draw(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Measures of all kinds: smooth, skewed, whole numbers, half zeros, partly missing, few and many names."""
    normal, skewed = rng.normal(40, 12, rows), rng.lognormal(8, 2, rows)
    found = {
        **{f"smooth {number}": rng.normal(number, 1, rows) for number in range(8)},
        "age": normal.round(),
        "income": skewed,
        "payments": np.where(rng.random(rows) < 0.5, 0, skewed),
        "score": np.where(rng.random(rows) < 0.3, np.nan, normal),
        "constant": np.ones(rows),
    }
    names = {"sex": "fm", "purpose": "abcdefghij", "branch": [f"branch {number}" for number in range(300)]}
    drawn = {name: rng.choice(list(of), rows) for name, of in names.items()}
    drawn["rarely"] = np.where(rng.random(rows) < 0.01, "yes", "no")
    return {name: values.astype(np.float32) for name, values in found.items()} | {
        name: values.astype(object) for name, values in drawn.items()
    }


def shifts(before: Measures, now: Measures) -> dict[str, Shift]:
    """By name, through what is written and read again."""
    profile = {name: distribution_from_dict(distribution_of(own).to_dict()) for name, own in before.items()}
    return {shift.name: shift for shift in judge(find_shifts(profile, now, "feature"))}


def drifted(before: Measures, now: Measures) -> list[str]:
    return [name for name, shift in shifts(before, now).items() if shift.drifted]


@pytest.mark.parametrize(("rows", "draws"), [(10, 40), (50, 40), (1_000, 20), (100_000, 4)])
@pytest.mark.parametrize("learned", [300, 10_000])
def test_fresh_rows_of_the_same_kind_are_no_drift(learned: int, rows: int, draws: int) -> None:
    alarms = 0
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        alarms += bool(drifted(draw(rng, learned), draw(rng, rows)))
    assert alarms <= 0.05 * draws, f"{alarms} of {draws}"


def test_next_to_nothing_in_a_million_rows_is_no_drift() -> None:
    rng = np.random.default_rng(0)
    before, now = rng.normal(0, 1, 10_000), rng.normal(0.1, 1, 1_000_000)
    found = shifts({"x": before.astype(np.float32)}, {"x": now.astype(np.float32)})["x"]
    assert found.p_value < 1e-6 and not found.drifted, "it is there for sure, but small"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("smooth 0", lambda values: values + 0.5),
        ("smooth 0", lambda values: values * 2),
        ("age", lambda values: values + 8),
        ("income", lambda values: values * 3),
        ("payments", lambda values: np.where(np.arange(len(values)) % 3 == 0, 0, values)),
        ("score", lambda values: np.where(np.arange(len(values)) % 3 == 0, np.nan, values)),
        ("score", lambda values: np.full_like(values, np.nan)),
        ("constant", lambda values: values - 0.001),
        ("sex", lambda values: np.where(np.arange(len(values)) % 3 == 0, "f", values)),
        ("purpose", lambda values: np.where(np.arange(len(values)) % 10 == 0, "unheard of", values)),
        ("branch", lambda values: np.where(np.arange(len(values)) % 4 == 0, "branch 7", values)),
    ],
)
def test_what_has_moved_is_found_and_nothing_else(name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    before, now = draw(rng, 5_000), draw(rng, 1_000)
    now[name] = change(now[name])
    assert drifted(before, now) == [name]


def test_a_large_shift_is_found_in_few_rows() -> None:
    rng = np.random.default_rng(2)
    before, now = draw(rng, 5_000), draw(rng, 20)
    now["age"] = now["age"] + 40
    assert drifted(before, now) == ["age"]


def test_what_moved_is_told_in_plain_words() -> None:
    rng = np.random.default_rng(3)
    before, now = draw(rng, 5_000), draw(rng, 1_000)
    now["age"] = np.where(np.arange(1_000) % 2 == 0, np.nan, now["age"] + 20)
    now["purpose"] = np.where(np.arange(1_000) % 5 == 0, "new", now["purpose"])
    found = shifts(before, now)
    assert found["age"].before == "median 40 (32 to 48), 0 % missing"
    assert found["age"].now.startswith("median 6") and found["age"].now.endswith("50 % missing")
    assert found["purpose"].before.startswith("new: 0 %, ") and found["purpose"].now.startswith("new: 20 %, ")
    for shift in found.values():
        assert sum(part.before for part in shift.parts) == pytest.approx(1)
        assert sum(part.now for part in shift.parts) == pytest.approx(1)
    assert list(found)[:2] == ["age", "purpose"], "the worst first"
    named = [part.name for part in found["payments"].parts]
    assert named[0] == "0" and named[1].startswith("0 to ") and named[-1].startswith("above ")
    assert found["constant"].before == "1: 100 %"


@pytest.mark.filterwarnings("error")
def test_the_same_rows_are_at_no_distance() -> None:
    rows = draw(np.random.default_rng(0), 199)
    found = shifts(rows, rows)
    assert all(shift.distance < 0.02 and shift.p_value == 1 for shift in found.values())


def test_nothing_but_missing_values_is_compared_with_nothing_but_missing_values() -> None:
    empty = {"x": np.full(100, np.nan, np.float32)}
    known = {"x": np.arange(100, dtype=np.float32)}
    assert drifted(empty, empty) == []
    assert drifted(empty, known) == ["x"] and drifted(known, empty) == ["x"]
