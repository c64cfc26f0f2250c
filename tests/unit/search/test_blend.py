"""The sampler that goes by a Gaussian process and `tpe` by turns, and what it is made of."""

import math

import numpy as np
import optuna
import pytest
from optuna import Study
from optuna.trial import TrialState

from automl.components import Choice, Float, Int
from automl.search import blend
from automl.search.blend import Blend, features
from automl.search.curves import expected_ends
from automl.search.gaussian import GaussianProcess, log_improvement
from automl.search.points import Points
from automl.search.tpe import STARTUP, Tpe
from automl.space import Configuration, Space, SpaceParameter

SPACE = Space(
    (
        SpaceParameter("model", Choice("flat", "deep", "wide"), "flat"),
        SpaceParameter("x", Float(0.0, 1.0), 0.9),
        SpaceParameter("depth", Int(1, 5), 1, (("model", ("deep",)),)),
    )
)


def value(configuration: Configuration) -> float:
    """Best at x = 0.3 with the deepest model."""
    x, depth = float(str(configuration["x"])), int(str(configuration.get("depth", 0)))
    return -((x - 0.3) ** 2) - 0.05 * (5 - depth)


@pytest.fixture
def study() -> Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(direction="maximize", sampler=Blend(SPACE, 0))


def run(study: Study, count: int) -> None:
    for _ in range(count):
        trial = study.ask()
        study.tell(trial, value(SPACE.suggest(trial)))


def test_it_comes_closer_than_tpe_in_as_many_trials() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    reached = {}
    for sampler in (Blend, Tpe):
        values = []
        for seed in range(4):
            study = optuna.create_study(direction="maximize", sampler=sampler(SPACE, seed))
            run(study, 30)
            values.append(study.best_value)
        reached[sampler] = np.median(values)
    assert reached[Blend] > -1e-4 and reached[Blend] >= reached[Tpe]


def test_less_is_better_where_the_study_says_so() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="minimize", sampler=Blend(SPACE, 0))
    for _ in range(30):
        trial = study.ask()
        study.tell(trial, -value(SPACE.suggest(trial)))
    assert study.best_value < 0.01


def test_it_goes_by_turns_and_then_hands_over(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    by_tpe: list[int] = []
    proposal = Tpe.sample_relative
    monkeypatch.setattr(blend, "HANDOVER", 20)
    monkeypatch.setattr(Tpe, "sample_relative", lambda s, a, t, c: by_tpe.append(t.number) or proposal(s, a, t, c))
    run(study, 24)
    assert by_tpe == [11, 13, 15, 17, 19, 20, 21, 22, 23]


def test_it_begins_evenly(study: Study) -> None:
    run(study, STARTUP)
    places = sorted(trial.params["x"] for trial in study.trials)
    assert max(np.diff([0.0, *places, 1.0])) < 0.3, "no gap as among ten at random"
    assert {trial.params["model"] for trial in study.trials} == {"flat", "deep", "wide"}


def test_what_breaks_a_constraint_or_was_stopped_is_not_proposed_again(study: Study) -> None:
    run(study, 12)
    for number in range(12, 30):
        trial = study.ask()
        configuration = SPACE.suggest(trial)
        if configuration["model"] == "deep":
            trial.set_constraint("size", 1.0)
        elif configuration["model"] == "wide":
            trial.report(-9.0, 1)
        study.tell(trial, **({"values": value(configuration)} if configuration["model"] == "flat" else _stopped()))
        assert number == trial.number
    late = [trial.params["model"] for trial in study.trials[-8:]]
    assert late.count("wide") <= 2


def _stopped() -> dict[str, TrialState]:
    return {"state": TrialState.PRUNED}


def test_running_trials_are_not_proposed_again(study: Study) -> None:
    run(study, 20)
    proposed = []
    for _ in range(6):
        trial = study.ask()
        proposed.append(SPACE.suggest(trial))
    assert len({str(configuration) for configuration in proposed}) == 6


def test_all_that_fails_leaves_it_proposing(study: Study) -> None:
    for _ in range(16):
        trial = study.ask()
        SPACE.suggest(trial)
        trial.set_constraint("trains", 1e9)
        study.tell(trial, state=TrialState.PRUNED)
    assert SPACE.suggest(study.ask())


def test_a_process_predicts_a_smooth_function_and_knows_how_well() -> None:
    generator = np.random.default_rng(0)
    inputs, others = generator.random((40, 2)), generator.random((50, 2))

    def function(x: np.ndarray) -> np.ndarray:
        return 5 + np.sin(4 * x[:, 0]) + 0 * x[:, 1]

    process = GaussianProcess(inputs, function(inputs))
    means, deviations = process.predict(others)
    assert np.abs(means - function(others)).max() < 0.05
    assert (np.abs(means - function(others)) < 4 * deviations + 0.01).all()
    near, far = process.predict(np.array([inputs[0], [3.0, 3.0]]))[1]
    assert near < 0.1 * far


def test_its_gradient_is_that_of_its_loss() -> None:
    generator = np.random.default_rng(0)
    process = GaussianProcess(generator.random((20, 3)), generator.random(20))
    at = np.array([0.1, -0.4, 0.3, 0.2, -3.0])
    _, gradient = process._loss(at)
    steps = 1e-6 * np.eye(5)
    numeric = [(process._loss(at + step)[0] - process._loss(at - step)[0]) / 2e-6 for step in steps]
    assert gradient == pytest.approx(numeric, rel=1e-4)


def test_what_is_believed_is_taken_as_known() -> None:
    generator = np.random.default_rng(0)
    process = GaussianProcess(generator.random((15, 2)), generator.random(15))
    at = np.array([[0.9, 0.1]])
    mean, before = process.predict(at)
    process.believe(at)
    again, after = process.predict(at)
    assert again == pytest.approx(mean, abs=0.02) and after < before


def test_values_that_are_all_the_same_are_no_problem() -> None:
    means, deviations = GaussianProcess(np.random.default_rng(0).random((5, 2)), np.ones(5)).predict(np.zeros((1, 2)))
    assert means == pytest.approx([1.0]) and np.isfinite(deviations).all()


def test_improvement_falls_without_end() -> None:
    means = np.array([0.5, 0.0, -1.0, -5.0, -7.0, -50.0])
    found = log_improvement(means, np.ones(6), best=0.0)
    assert (np.diff(found) < 0).all() and np.isfinite(found).all()
    assert math.exp(found[1]) == pytest.approx(1 / math.sqrt(2 * math.pi))


def test_a_trial_is_expected_to_gain_what_others_gained() -> None:
    curves = [[0.1, 0.3, 0.4], [0.2, 0.4], [0.5], [0.6, 0.2], [0.7, 0.7, 0.9]]
    done = [True, False, False, True, False]
    # After the first epoch the others gained 0.2, 0.2, 0, 0; after the second 0.1, 0.2.
    assert expected_ends(curves, done) == pytest.approx([0.4, 0.4 + 0.15, 0.5 + 0.1 + 0.15, 0.6, 0.9])
    assert expected_ends([[0.5], [0.7]], [True, False]) == pytest.approx([0.5, 0.7])


def test_options_are_as_far_from_each_other_as_the_ends_of_a_scale() -> None:
    points = Points(SPACE)
    rows = np.array([points.row({"model": model, "x": 0.5}) for model in ("flat", "deep", "wide")])
    inputs = features(points, rows)
    assert inputs.shape == (3, 3 + 1 + 1)
    assert np.linalg.norm(inputs[0] - inputs[1]) == pytest.approx(1.0)
    assert (inputs[:, -1] == 0.5).all(), "what isn't active lies in the middle"
