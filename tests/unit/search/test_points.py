"""Configurations as rows of numbers."""

import numpy as np
import pytest
from optuna.trial import FixedTrial

from automl.components import Choice, Domain, Float, Int, Value
from automl.search.points import Points
from automl.search.scales import Scales
from automl.space import Space, SpaceParameter

SPACE = Space(
    (
        SpaceParameter("task", Choice("fixed"), "fixed"),
        SpaceParameter("model", Choice("flat", "deep", "wide"), "flat"),
        SpaceParameter("depth", Int(1, 64, log=True), 1, (("task", ("fixed",)), ("model", ("deep", "wide")))),
        SpaceParameter("width", Int(4, 15, step=4), 4, (("model", ("wide",)), ("depth", (1, 2, 3)))),
        SpaceParameter("on", Choice(False, True), False),
        SpaceParameter("rate", Float(0.0, 1.0, step=0.3), 0.0, (("on", (True,)),)),
        SpaceParameter("lr", Float(1e-4, 1.0, log=True), 0.01),
    )
)


def test_rows_are_configurations_of_the_space_and_back() -> None:
    points = Points(SPACE)
    rows = points.settled(points.random(np.random.default_rng(0), 300))
    for row in rows:
        configuration = points.configuration(row)
        whole = SPACE.suggest(FixedTrial({"task": "fixed", **configuration}))
        assert whole == {"task": "fixed", **configuration}, "the active parameters, and allowed values"
        assert np.allclose(points.row(whole), row, equal_nan=True)
    seen = [points.configuration(row) for row in rows]
    assert {c["model"] for c in seen} == {"flat", "deep", "wide"} and {c["on"] for c in seen} == {False, True}
    assert {c.get("width") for c in seen} == {None, 4, 8, 12} and {c.get("rate") for c in seen} == {
        None,
        0,
        0.3,
        0.6,
        0.9,
    }


def test_parameters_with_the_same_conditions_are_one_group() -> None:
    assert Points(SPACE).groups == [[0, 3, 5], [1], [2], [4]]


def test_a_space_without_a_choice_is_one_empty_row() -> None:
    points = Points(Space((SpaceParameter("only", Choice(7), 7),)))
    settled = points.settled(points.random(np.random.default_rng(0), 1))
    assert settled.shape == (1, 0) and points.configuration(settled[0]) == {} and points.groups == []


@pytest.mark.parametrize(
    ("domain", "values"),
    [
        (Float(-1.0, 3.0), {0.0: -1.0, 0.5: 1.0, 1.0: 3.0}),
        (Float(1e-4, 1.0, log=True), {0.0: 1e-4, 0.5: 1e-2, 1.0: 1.0}),
        (Int(0, 3), {0.0: 0, 0.24: 0, 0.26: 1, 0.5: 2, 1.0: 3}),
        (Int(1, 10, step=4), {0.0: 1, 0.34: 5, 0.99: 9}),
        (Int(1, 4, log=True), {0.0: 1, 0.4: 1, 0.6: 2, 1.0: 4}),
    ],
    ids=str,
)
def test_a_place_on_a_scale_is_the_nearest_value(domain: Domain, values: dict[float, Value]) -> None:
    scales = Scales.of([domain])
    found = scales.values(np.array([[place] for place in values]))[:, 0]
    assert found == pytest.approx(np.array(list(values.values()), dtype=float))


@pytest.mark.parametrize("domain", [Int(0, 3), Int(1, 10, step=4), Int(1, 64, log=True), Float(0.0, 1.0, step=0.3)])
def test_the_shares_of_all_values_fill_the_scale(domain: Domain) -> None:
    scales = Scales.of([domain])
    values = np.array([[value] for value in domain.values() or ()], dtype=float)
    begin, end = scales.shares(scales.places(values))
    assert np.allclose(np.append(begin, 1.0), np.append(0.0, end))


def test_continuous_values_have_no_share() -> None:
    begin, end = Scales.of([Float(0.0, 2.0)]).shares(np.array([[0.3]]))
    assert begin == end == pytest.approx(0.3)
