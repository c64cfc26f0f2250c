"""Models of many trees that are built in parts."""

from typing import Any

import numpy as np
import pytest

from automl.components import Catalog
from automl.testing import tiny

BINARY = tiny.task_of("table-classification", (4, (3, 6, 20)))
REGRESSION = tiny.task_of("table-regression", (4, (3, 6, 20)))
MODELS = ("lightgbm", "random_forest")


def build(catalog: Catalog, name: str, task: Any) -> Any:
    component = catalog.get("model", name)
    return component.build(task, {p.name: p.default for p in component.parameters} | {"trees": 60})


@pytest.mark.parametrize("task", [BINARY, REGRESSION], ids=["classes", "values"])
@pytest.mark.parametrize("name", MODELS)
def test_asking_after_each_round_changes_nothing(catalog: Catalog, name: str, task: Any) -> None:
    data = tiny.training_data(task, 120, 40)
    asked, silent = build(catalog, name, task), build(catalog, name, task)
    for model in (asked, silent):
        model.begin(data.train_inputs, data.train_targets, None, seed=3, threads=1)
    for progress in (0.25, 0.5, 0.75, 1.0):
        asked.fit(progress)
        during = asked.predict(data.val_inputs)
        other = asked.predict(data.val_inputs[:7].copy())
        assert np.array_equal(other, during[:7])
        silent.fit(progress)
    assert np.array_equal(silent.predict(data.val_inputs), during)
    assert asked.built == 60


@pytest.mark.parametrize("name", MODELS)
def test_a_part_is_dumped_when_it_is_built_and_never_again(catalog: Catalog, name: str) -> None:
    data = tiny.training_data(BINARY, 120, 40)
    model = build(catalog, name, BINARY)
    model.begin(data.train_inputs, data.train_targets, None, seed=3, threads=1)
    packed, pack = [], model.pack
    model.pack = lambda part: packed.append(part) or pack(part)
    for progress in (0.25, 0.5, 0.75, 1.0):
        model.fit(progress)
        model.dump()
        model.dump()
    assert len(packed) == len(model.parts) == 4

    loaded = build(catalog, name, BINARY)
    loaded.load(model.dump())
    assert np.array_equal(loaded.predict(data.val_inputs), model.predict(data.val_inputs))
    assert loaded.dump() == model.dump()


def test_boosting_in_rounds_is_boosting(catalog: Catalog) -> None:
    """A round goes on from what the rounds before predict: the loss on the rows that it learns from only falls."""
    data = tiny.training_data(BINARY, 120, 40)
    model = build(catalog, "lightgbm", BINARY)
    model.begin(data.train_inputs, data.train_targets, None, seed=3, threads=1)
    losses = []
    for progress in np.linspace(0.1, 1.0, 10):
        model.fit(progress)
        shares = model.predict(data.train_inputs)[np.arange(120), data.train_targets]
        losses.append(-np.log(shares).mean())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.8 * losses[0]
