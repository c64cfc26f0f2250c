"""What may change in mid-training, and to what."""

from collections.abc import Callable

import numpy as np
import pytest

from automl.components import Catalog, Choice, Float, Int, Task
from automl.search.exploration import explored, live_parameters
from automl.space import Configuration, Space, SpaceParameter, compose

ALL = frozenset({"training.lr", "training.momentum", "augmentation.crop.padding", "augmentation.crop.size"})
SPACE = Space(
    (
        SpaceParameter("model", Choice("a", "b"), "a"),
        SpaceParameter("training.batch_size", Choice(32, 64), 32),
        SpaceParameter("training.lr", Float(1e-4, 1.0, log=True), 0.01),
        SpaceParameter("training.momentum", Float(0.0, 0.99), 0.9),
        SpaceParameter("augmentation.crop", Choice(False, True), True),
        SpaceParameter("augmentation.crop.padding", Int(1, 9), 4, (("augmentation.crop", (True,)),)),
        SpaceParameter("augmentation.crop.size", Choice(8, 2, 4), 2, (("augmentation.crop", (True,)),)),
    )
)


def explorations(configuration: Configuration, live: frozenset[str] = ALL, count: int = 300) -> list[Configuration]:
    rng = np.random.default_rng(0)
    found = [explored(SPACE, configuration, live, rng) for _ in range(count)]
    assert all(found)
    return [configuration for configuration in found if configuration]


def test_live_parameters_change_within_their_bounds_and_nothing_else_does() -> None:
    default = SPACE.default()
    for found in explorations(default):
        assert found != default and list(found) == list(default)
        assert {name for name in found if found[name] != default[name]} <= ALL
        assert all(SPACE[name].domain.contains(value) for name, value in found.items())


def test_a_value_becomes_a_fifth_larger_or_smaller_or_is_drawn_anew() -> None:
    rates = np.array([found["training.lr"] for found in explorations(SPACE.default())], float)
    near = np.isclose(rates, 0.008) | np.isclose(rates, 0.012)
    assert 0.6 < near.mean() < 0.85
    drawn = np.log10(rates[~near])
    assert drawn.min() < -3 and drawn.max() > -1, "over all its range, on its scale"


def test_at_a_bound_it_stops_or_goes_the_other_way() -> None:
    found = [c["training.momentum"] for c in explorations(SPACE.default() | {"training.momentum": 0.9})]
    assert 0.99 in found and pytest.approx(0.72) in found
    found = [c["training.momentum"] for c in explorations(SPACE.default() | {"training.momentum": 0.99})]
    assert pytest.approx(0.792) in found and 0.99 not in found


def test_what_has_steps_moves_by_one_at_least() -> None:
    found = explorations(SPACE.default())
    assert {3, 5} <= {c["augmentation.crop.padding"] for c in found}
    assert {c["augmentation.crop.size"] for c in found} == {2, 4, 8}
    moved = [c["augmentation.crop.size"] for c in explorations(SPACE.default() | {"augmentation.crop.size": 4})]
    assert moved.count(4) < 60 < min(moved.count(2), moved.count(8))


def test_where_nothing_can_change_there_is_nothing_to_explore() -> None:
    assert explored(SPACE, SPACE.default(), frozenset(), np.random.default_rng(0)) is None
    off = SPACE.default() | {"augmentation.crop": False}
    off = {name: value for name, value in off.items() if not name.startswith("augmentation.crop.")}
    assert explored(SPACE, off, frozenset({"augmentation.crop.padding"}), np.random.default_rng(0)) is None


def test_the_same_seed_explores_the_same() -> None:
    assert explorations(SPACE.default()) == explorations(SPACE.default())


def test_live_are_lr_and_momentum_augmentations_and_what_regularizers_declare(
    shared_catalog: Catalog, make_task: Callable[..., Task]
) -> None:
    overrides = {
        "model": ["mlp"],
        "augmentation": ["random_affine", "horizontal_flip"],
        "regularizer": ["l2", "ema", "swa", "dropout"],
        "augmentation.horizontal_flip.p": 0.5,
    }
    space = compose(shared_catalog, make_task((1, 28, 28)), overrides).space
    components = [shared_catalog.get(*key) for key in space.components]
    assert live_parameters(components, space) == {
        "training.lr",
        "training.momentum",
        "augmentation.random_affine.degrees",
        "augmentation.random_affine.scale",
        "augmentation.random_affine.shift",
        "regularizer.l2.strength",
        "regularizer.dropout.p",
    }
