from collections.abc import Callable

import optuna
import pytest
from optuna import Study

from automl.components import Choice, Float, Int
from automl.space import Space, SpaceParameter


@pytest.fixture
def make_study() -> Callable[..., Study]:
    """A study in memory that proposes at random."""

    def make(direction: str = "maximize", seed: int = 0) -> Study:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        return optuna.create_study(direction=direction, sampler=optuna.samplers.RandomSampler(seed=seed))

    return make


@pytest.fixture
def finite() -> Space:
    """Six configurations: b with 1, 2, 3; b without; and c with and without."""
    return Space(
        (
            SpaceParameter("model", Choice("b", "c"), "c"),
            SpaceParameter("on", Choice(False, True), True),
            SpaceParameter("size", Int(1, 3), 2, (("model", ("b",)), ("on", (True,)))),
            SpaceParameter("fixed", Choice(7), 7),
        )
    )


@pytest.fixture
def continuous() -> Space:
    return Space((SpaceParameter("model", Choice("b"), "b"), SpaceParameter("lr", Float(0.001, 1.0, log=True), 0.01)))
