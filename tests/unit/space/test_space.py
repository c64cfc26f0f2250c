from collections.abc import Callable
from typing import Any

import optuna
import pytest

from automl.components import Catalog, Choice, Float, Int, Task
from automl.errors import UserError
from automl.space import Space, SpaceParameter, compose

MakeTask = Callable[..., Task]
TRAINING = {
    "training.optimizer": "adamw",
    "training.lr": 0.01,
    "training.batch_size": 8,
    "training.schedule": "constant",
    "training.class_weights": "none",
    "training.epochs": 1,
}


@pytest.fixture
def space(forest: Catalog, make_task: MakeTask) -> Space:
    return compose(forest, make_task((1, 8, 8)), {"model": ["tree", "bush"]}).space


@pytest.fixture
def small(forest: Catalog, make_task: MakeTask) -> Space:
    """Everything fixed but tree's shape and the regularizer."""
    fixed = {"model": ["tree", "bush"], "model.tree.width": 4, "augmentation.flip": False, **TRAINING}
    return compose(forest, make_task((1, 8, 8)), fixed).space


def test_the_default_configuration_holds_what_is_active_and_nothing_else(space: Space) -> None:
    chosen = space.default()
    assert chosen["model.tree.rings"] == 2 and chosen["model.tree.bark"] is False
    assert chosen["augmentation.flip"] is False and "augmentation.flip.p" not in chosen
    assert chosen["training.optimizer"] == "adamw" and "training.momentum" not in chosen


def test_only_active_parameters_are_asked_for(space: Space) -> None:
    given = {
        "model": "bush",
        "augmentation.flip": True,
        "augmentation.flip.p": 0.25,
        "regularizer.calm": False,
        "training.optimizer": "sgd",
        "training.momentum": 0.5,
        "training.lr": 0.1,
        "training.batch_size": 16,
        "training.schedule": "cosine",
        "training.class_weights": "none",
        "training.epochs": 3,
    }
    trial = optuna.trial.FixedTrial(given)
    assert space.suggest(trial) == given
    assert set(trial.params) == set(given)


def test_conditions_hold_in_every_configuration_that_a_sampler_proposes(space: Space) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    seen = set()
    for _ in range(60):
        chosen = space.suggest(study.ask())
        active = {p.name for p in space.parameters if p.is_active(chosen)}
        assert set(chosen) == active
        assert all(space[name].domain.contains(value) for name, value in chosen.items())
        seen.add((chosen["model"], chosen.get("model.tree.kind"), chosen.get("model.tree.rings")))
    assert seen >= {("bush", None, None), ("tree", "elm", None), ("tree", "oak", 1), ("tree", "oak", 3)}


def test_a_fixed_parameter_is_not_proposed_but_stands_in_the_configuration(small: Space) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    trial = study.ask()
    chosen = small.suggest(trial)
    assert chosen["training.lr"] == 0.01
    assert "training.lr" not in trial.params
    assert {p.name for p in small.searched} >= set(trial.params)


def test_the_grid_holds_each_conditional_configuration_once(small: Space) -> None:
    grid = list(small.grid())
    distinct = {tuple(sorted(configuration.items())) for configuration in grid}
    # elm; oak with 1 ring; oak with 2 or 3 rings, each with and without bark; and bush: 7 shapes.
    # Each without the regularizer or with one of its strengths 0, 0.5 and 1.
    assert len(grid) == len(distinct) == 7 * 4
    assert all({p.name for p in small.parameters if p.is_active(c)} == set(c) for c in grid)


def test_the_grid_has_the_same_order_each_time(small: Space) -> None:
    assert list(small.grid()) == list(small.grid())


def test_a_fixed_space_has_a_grid_of_one(small: Space) -> None:
    assert list(Space((SpaceParameter("a", Choice(1), 1),)).grid()) == [{"a": 1}]


def test_a_grid_over_a_continuous_parameter_is_refused_with_what_to_type(space: Space) -> None:
    with pytest.raises(UserError, match=r"training\.lr is continuous \(0\.0001 to 1, log scale\)") as refused:
        list(space.grid())
    assert "--set 'training.lr=[0.003]'" in str(refused.value.hint)
    assert "step: ..." in str(refused.value.hint)


def test_a_continuous_parameter_that_is_never_active_does_not_stand_in_the_way(small: Space) -> None:
    assert "augmentation.flip.p" not in {name for configuration in small.grid() for name in configuration}


def test_a_huge_grid_is_refused() -> None:
    space = Space(tuple(SpaceParameter(name, Int(1, 100), 1) for name in "abcd"))
    with pytest.raises(UserError, match="more than 1,000 configurations") as refused:
        list(space.grid(limit=1000))
    assert "--sampler random" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("domain", "asked"),
    [
        (Int(2, 8, step=2), {"low": 2, "high": 8, "step": 2, "log": False}),
        (Int(1, 64, log=True), {"low": 1, "high": 64, "step": 1, "log": True}),
        (Float(0.1, 0.5), {"low": 0.1, "high": 0.5, "step": None, "log": False}),
        (Choice("a", "b"), {"choices": ("a", "b")}),
    ],
)
def test_the_sampler_knows_the_range_and_the_scale(domain: Any, asked: dict[str, Any]) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    trial = study.ask()
    value = SpaceParameter("p", domain, domain.clip(0)).suggest(trial)
    assert domain.contains(value)
    distribution = trial.distributions["p"]
    assert {key: getattr(distribution, key) for key in asked} == asked


def test_the_default_of_each_model_goes_before_its_other_ways_to_work(
    forest: Catalog, make_task: Callable[..., Task]
) -> None:
    space = compose(forest, make_task((3, 80, 80)), {"model": ["tree", "bush"]}).space

    found = space.default_of_each_model()

    assert [(own["model"], own.get("model.tree.kind")) for own in found] == [
        ("tree", "oak"),
        ("bush", None),
        ("tree", "elm"),
    ]
    assert "model.tree.rings" not in found[-1]
