import numpy as np
import pytest

from automl.evaluation.groups import compare, groups_of

CLASSES = ("paid", "default")


def people(shares: dict[str, tuple[int, float, float]], seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells, flagged and targets of groups: name -> (rows, share that is positive, share that is flagged)."""
    rng = np.random.default_rng(seed)
    cells = np.array([name for name, (rows, *_) in shares.items() for _ in range(rows)], object)
    positive = np.concatenate([rng.random(rows) < share for rows, share, _ in shares.values()])
    flagged = np.concatenate([rng.random(rows) < share for rows, _, share in shares.values()])
    return cells, flagged, positive.astype(np.int64)


def test_the_groups_of_a_column_are_compared() -> None:
    cells, flagged, targets = people({"f": (1000, 0.3, 0.2), "m": (1000, 0.3, 0.4)})
    (found,) = compare({"sex": cells}, flagged, targets, CLASSES, seed=0)
    assert [(group.name, group.rows) for group in found.groups] == [("f", 1000), ("m", 1000)]
    women, men = found.groups
    assert women.flagged == pytest.approx(flagged[:1000].mean())
    assert men.sensitivity == pytest.approx(flagged[1000:][targets[1000:] == 1].mean())
    assert men.false_alarms == pytest.approx(flagged[1000:][targets[1000:] == 0].mean())
    bad, good = found.disparities
    assert (bad.class_name, good.class_name) == ("default", "paid")
    assert bad.impact.value == pytest.approx(women.flagged / men.flagged)
    assert good.impact.value == pytest.approx((1 - men.flagged) / (1 - women.flagged))
    assert bad.opportunity.value == pytest.approx(men.sensitivity - women.sensitivity)
    assert good.opportunity.value == pytest.approx(men.false_alarms - women.false_alarms)
    for figure in (bad.impact, good.impact, bad.opportunity, good.opportunity):
        assert figure.low < figure.value < figure.high
    assert found.small == ()
    assert str(found).startswith(f"Groups by sex: predicted default, adverse impact ratio {bad.impact}, equal ")


def test_the_interval_is_of_what_fairlearn_measures() -> None:
    """Where a resample is the sample itself, both say the same."""
    cells, flagged, targets = people({"a": (400, 0.5, 0.5), "b": (400, 0.4, 0.6), "c": (400, 0.6, 0.3)})
    (found,) = compare({"region": cells}, flagged, targets, CLASSES, seed=0)
    shares = [flagged[cells == name].mean() for name in "abc"]
    assert found.disparities[0].impact.value == pytest.approx(min(shares) / max(shares))
    middle = (found.disparities[0].impact.low + found.disparities[0].impact.high) / 2
    assert middle == pytest.approx(found.disparities[0].impact.value, abs=0.03)


def test_small_groups_are_shown_and_not_compared() -> None:
    cells, flagged, targets = people({"f": (500, 0.3, 0.3), "m": (500, 0.3, 0.3), "x": (12, 0.5, 1.0)})
    (found,) = compare({"sex": cells}, flagged, targets, CLASSES, seed=0)
    assert found.small == ("x",) and [group.rows for group in found.groups] == [500, 500, 12]
    assert found.disparities[0].impact.value > 0.8, "not that of the twelve"


def test_with_one_group_there_is_nothing_to_compare() -> None:
    cells, flagged, targets = people({"f": (500, 0.3, 0.3), "m": (5, 0.3, 0.3)})
    (found,) = compare({"sex": cells}, flagged, targets, CLASSES, seed=0)
    assert found.disparities == () and found.small == ("m",)
    assert str(found) == "Groups by sex: there are no two to compare."


def test_a_group_without_positives_has_no_sensitivity() -> None:
    cells, flagged, targets = people({"f": (500, 0.3, 0.3), "m": (50, 0.0, 0.3)})
    (found,) = compare({"sex": cells}, flagged, targets, CLASSES, seed=0)
    assert np.isnan(found.groups[1].sensitivity) and found.small == ("m",)


def test_many_numbers_are_cut_into_quarters() -> None:
    ages = np.r_[np.arange(20, 60), np.nan]
    names = groups_of(ages)
    assert list(dict.fromkeys(names)) == [
        "up to 29.75",
        "over 29.75 to 39.5",
        "over 39.5 to 49.25",
        "over 49.25",
        "missing",
    ]
    assert [int((names == name).sum()) for name in dict.fromkeys(names)] == [10, 10, 10, 10, 1]
    cells = np.tile(ages, 20)
    flagged, targets = np.arange(len(cells)) % 3 == 0, np.arange(len(cells)) % 2
    (found,) = compare({"age": cells}, flagged, targets, CLASSES, seed=0)
    assert [group.name for group in found.groups] == list(dict.fromkeys(names)), "in their order, missing last"


def test_few_numbers_are_groups_of_their_own() -> None:
    assert groups_of(np.array([1.0, 2.0, np.nan, 10.0])).tolist() == ["1", "2", "missing", "10"]
    cells = np.repeat([1.0, 2.0, 10.0], 100)
    (found,) = compare({"kind": cells}, np.arange(300) % 2 == 0, np.arange(300) % 3 % 2, CLASSES, seed=0)
    assert [group.name for group in found.groups] == ["1", "2", "10"]


def test_rare_texts_are_taken_together() -> None:
    cells = np.array(
        [f"town {number % 30}" for number in range(300)] + [f"town {number}" for number in range(20)], object
    )
    names = groups_of(cells)
    assert len(set(names)) == 21 and (names == "10 others").sum() == 100
    assert groups_of(np.array(["a", None], object)).tolist() == ["a", "missing"]
