"""The own tree-structured Parzen estimator: Optuna's densities, in a time that doesn't grow with the trials."""

import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pytest
from optuna import Study, Trial
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import _split_trials, default_weights
from optuna.trial import TrialState

from automl.components import Choice, Float, Int
from automl.search import tpe
from automl.search.parzen import Parzen
from automl.search.points import Points
from automl.search.tpe import OTHERS_AT_MOST, Tpe, rank, thinned
from automl.space import Configuration, Space, SpaceParameter

FLAT = Space(
    (
        SpaceParameter("a", Float(0.0, 2.0), 1.0),
        SpaceParameter("b", Float(1e-4, 1.0, log=True), 0.1),
        SpaceParameter("c", Int(1, 64, log=True), 3),
        SpaceParameter("d", Float(0.0, 1.0, step=0.25), 0.5),
        SpaceParameter("e", Int(0, 11, step=3), 3),
        SpaceParameter("f", Choice("x", "y", "z"), "x"),
    )
)
TREE = Space(
    (
        SpaceParameter("model", Choice("one", "two"), "one"),
        SpaceParameter("x", Float(0.0, 1.0), 0.5, (("model", ("one",)),)),
        SpaceParameter("y", Float(0.0, 1.0), 0.5, (("model", ("two",)),)),
    )
)


@pytest.fixture
def study() -> Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(direction="maximize", sampler=Tpe(TREE, 0))


@pytest.mark.parametrize("count", [0, 1, 2, 5, 40, 300])
def test_its_density_is_that_of_optunas(count: int) -> None:
    points, generator = Points(FLAT), np.random.default_rng(count)
    places = points.settled(points.random(generator, count))
    ours = Parzen(points.scales, places)
    theirs = _ParzenEstimator(
        _internal(points, places),
        points.distributions,
        _ParzenEstimatorParameters(1.0, True, False, default_weights, True),
    )
    at = ours.sample(generator, 50)
    scale = math.log(2) + math.log(math.log(1e4))  # theirs is per unit of a and of log b, ours of their scales
    assert ours.log_density(at) == pytest.approx(theirs.log_pdf(_internal(points, at)) + scale, abs=1e-9)


def test_it_draws_from_its_density() -> None:
    points, generator = Points(FLAT), np.random.default_rng(0)
    ours = Parzen(points.scales, points.settled(points.random(generator, 3)))
    drawn = ours.sample(generator, 20_000)
    even = points.settled(points.random(generator, 200_000))
    density = np.exp(ours.log_density(even))
    weights = density / density.sum()
    # Even draws have each value of c, of equal shares on no linear scale, as often as its share is wide.
    shares = np.subtract(*reversed(points.scales.shares(even)))[:, 2]
    weights = (density / shares) / (density / shares).sum()
    assert drawn.mean(0) == pytest.approx((even * weights[:, None]).sum(0), abs=0.02)


def _internal(points: Points, places: Any) -> dict[str, Any]:
    configurations = [points.configuration(row) for row in places]
    return {
        name: np.array([distribution.to_internal_repr(c[name]) for c in configurations], dtype=float)
        for name, distribution in points.distributions.items()
    }


def test_it_splits_trials_as_optunas() -> None:
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    generator = np.random.default_rng(0)
    for number in range(60):
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        for epoch in range(number % 4):
            trial.report(float(generator.random()), epoch)
        if number % 5 == 0:
            trial.set_constraint("size", float(generator.normal()))
        if number % 3 == 0:
            study.tell(trial, float(generator.random()))
        else:
            study.tell(trial, state=TrialState.PRUNED)
    trials = study.get_trials()
    ours = [trial.number for trial in sorted(trials, key=lambda trial: rank(trial, -1.0))]
    for count in (1, 7, 25, 40, 55):
        below, _ = _split_trials(study, trials, count)
        assert sorted(ours[:count]) == [trial.number for trial in below]


def test_it_finds_what_is_best_under_a_condition(study: Study) -> None:
    for _ in range(60):
        trial = study.ask()
        configuration = TREE.suggest(trial)
        study.tell(trial, _value(configuration))
    late = [trial.params for trial in study.trials[-20:]]
    assert sum(params["model"] == "two" for params in late) >= 15
    assert np.median([abs(params["y"] - 0.3) for params in late if "y" in params]) < 0.12


def _value(configuration: Configuration) -> float:
    x = float(str(configuration.get("x", configuration.get("y"))))
    return -((x - 0.3) ** 2) - (0.1 if configuration["model"] == "one" else 0.0)


def test_it_stays_away_from_what_breaks_a_constraint(study: Study) -> None:
    for _ in range(60):
        trial = study.ask()
        configuration = TREE.suggest(trial)
        trial.set_constraint("size", 1.0 if configuration["model"] == "two" else -1.0)
        study.tell(trial, _value(configuration))
    assert sum(trial.params["model"] == "one" for trial in study.trials[-20:]) >= 15


def test_proposals_of_running_trials_are_avoided(study: Study) -> None:
    for _ in range(40):
        trial = study.ask()
        study.tell(trial, _value(TREE.suggest(trial)))
    running = [_one_of(study) for _ in range(8)]
    places = sorted(trial.params.get("y", trial.params.get("x", 0.0)) for trial in running)
    assert min(b - a for a, b in itertools.pairwise(places)) > 0


def _one_of(study: Study) -> Trial:
    trial = study.ask()
    TREE.suggest(trial)
    return trial


def test_another_sampler_gets_the_rest_of_a_proposal_from_it(study: Study) -> None:
    sampler = study.sampler
    for _ in range(30):
        trial = study.ask()
        study.tell(trial, _value(TREE.suggest(trial)))
    trial = study._storage.get_trial(study.ask()._trial_id)
    points = Points(TREE)
    model = sampler.sample_independent(study, trial, "model", points.distributions["model"])
    same = {"one": "x", "two": "y"}[model]
    value = sampler.sample_independent(study, trial, same, points.distributions[same])
    assert sampler.sample_independent(study, trial, same, points.distributions[same]) == value, "one proposal a trial"
    other = {"one": "y", "two": "x"}[model]
    assert 0 <= sampler.sample_independent(study, trial, other, points.distributions[other]) <= 1


def test_it_looks_at_a_bounded_number_of_trials(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    class Counting(Parzen):
        def __init__(self, scales: Any, places: Any) -> None:
            looked.append(len(places))
            super().__init__(scales, places)

    monkeypatch.setattr(tpe, "Parzen", Counting)
    monkeypatch.setattr(tpe, "OTHERS_AT_MOST", 50)
    _end_many(study, 300)
    TREE.suggest(study.ask())
    assert max(looked) <= 50 + 25 and looked


def test_a_trial_is_read_once(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    row: Callable[..., Any] = Points.row
    monkeypatch.setattr(Points, "row", lambda self, values: read.append(1) or row(self, values))
    _end_many(study, 50)
    for _ in range(30):
        trial = study.ask()
        study.tell(trial, _value(TREE.suggest(trial)))
    assert len(read) == 79, "all that have ended, but the last"


def _end_many(study: Study, count: int) -> None:
    generator = np.random.default_rng(0)
    points = Points(TREE)
    for row in points.settled(points.random(generator, count)):
        params = points.configuration(row)
        distributions = {name: points.distributions[name] for name in params}
        study.add_trial(optuna.create_trial(params=params, distributions=distributions, value=_value(params)))


def test_of_many_trials_the_latest_and_every_so_many_of_the_others_are_looked_at() -> None:
    chosen = thinned(range(10_000), 500)
    assert len(chosen) == 500 and chosen == sorted(set(chosen))
    assert chosen[-250:] == list(range(9750, 10_000))
    assert chosen[0] == 0 and max(b - a for a, b in itertools.pairwise(chosen)) <= 40
    assert thinned([3, 5], OTHERS_AT_MOST) == [3, 5]
