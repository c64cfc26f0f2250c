"""A model that fits itself is trained, stopped, packed and loaded as a net is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from automl.components import Catalog, Task
from automl.errors import TrialStopped
from automl.evaluation import find_metric
from automl.space import compose
from automl.testing import tiny
from automl.training.bundle import Part, write_bundle
from automl.training.device import DeviceData
from automl.training.estimator_trainer import EstimatorTrainer
from automl.training.making import make_trainer
from automl.training.trained import TrainedModel

TASK = tiny.task_of("table-classification", (4, (3, 6, 20)))
EPOCHS = 4
ESTIMATORS = ("lightgbm", "catboost", "random_forest", "logistic_regression")


def configuration(catalog: Catalog, model: str, **values: Any) -> dict[str, Any]:
    space = {"model": model, "training.epochs": EPOCHS, **{f"model.{model}.{name}": v for name, v in values.items()}}
    return compose(catalog, TASK, space).space.default()


def trainer(
    catalog: Catalog, folder: Path, chosen: dict[str, Any], *, metric: str = "log_loss", **arguments: Any
) -> EstimatorTrainer:
    data = DeviceData.on(torch.device("cpu"), tiny.training_data(TASK, 120, 40))
    arguments |= {"metric": find_metric(metric, TASK.kind)}
    made = make_trainer(catalog, data, chosen, seed=0, weights=folder / "best.safetensors", **arguments)
    assert isinstance(made, EstimatorTrainer)
    return made


def test_an_epoch_is_a_part_of_the_rounds(catalog: Catalog, tmp_path: Path) -> None:
    running = trainer(catalog, tmp_path, configuration(catalog, "lightgbm", trees=100))
    results = [running.run_epoch() for _ in range(EPOCHS)]
    assert [result.end for result in results] == [None, None, None, "all epochs done"]
    assert results[0].metrics["val_log_loss"] > min(result.metrics["val_log_loss"] for result in results[1:])
    assert results[0].is_best and running.size_mb > 0 and running.progress == 1


def test_what_has_one_round_ends_with_its_first_epoch(catalog: Catalog, tmp_path: Path) -> None:
    assert trainer(catalog, tmp_path, configuration(catalog, "logistic_regression")).run_epoch().end == "fitted"


@pytest.mark.parametrize("model", ESTIMATORS)
def test_the_packed_model_predicts_what_was_validated(catalog: Catalog, tmp_path: Path, model: str) -> None:
    chosen = configuration(catalog, model)
    running = trainer(catalog, tmp_path, chosen)
    best, result = None, None
    while not (result and result.end):
        result = running.run_epoch()
        best = result if result.is_best else best
    assert best is not None
    data = tiny.training_data(TASK, 120, 40)
    write_bundle(
        tmp_path / "bundle",
        parts=[Part(tmp_path / "best.safetensors", chosen)],
        task=TASK,
        preparation=data.preparation,
        plugins=(),
    )
    predicted = TrainedModel.load(tmp_path / "bundle").predict(data.val_inputs)
    loss = -np.log(predicted[np.arange(40), data.val_targets]).mean()
    assert loss == pytest.approx(best.metrics["val_log_loss"], abs=1e-4)


def test_it_goes_on_after_a_break_as_if_there_had_been_none(catalog: Catalog, tmp_path: Path) -> None:
    chosen = configuration(catalog, "random_forest", trees=60)
    whole = trainer(catalog, tmp_path / "whole", chosen)
    expected = [whole.run_epoch().metrics["val_log_loss"] for _ in range(EPOCHS)]
    first = trainer(catalog, tmp_path / "broken", chosen)
    first.run_epoch()
    first.run_epoch()
    first.save(tmp_path / "last.safetensors", {})
    second = trainer(catalog, tmp_path / "broken", chosen)
    second.restore(tmp_path / "last.safetensors")
    assert [second.run_epoch().metrics["val_log_loss"] for _ in range(2)] == pytest.approx(expected[2:], abs=1e-6)


@pytest.mark.parametrize("model", ["catboost", "lightgbm"])
def test_boosting_goes_on_after_a_break_with_other_random_numbers(catalog: Catalog, tmp_path: Path, model: str) -> None:
    chosen = configuration(catalog, model, trees=60)
    first = trainer(catalog, tmp_path, chosen)
    half = [first.run_epoch(), first.run_epoch()][1].metrics["val_log_loss"]
    first.save(tmp_path / "last.safetensors", {})
    second = trainer(catalog, tmp_path, chosen)
    second.restore(tmp_path / "last.safetensors")
    assert second.epoch == 2 and second.run_epoch().metrics["val_log_loss"] < half


def test_it_ends_when_a_fourth_of_its_epochs_brought_nothing_better(catalog: Catalog, tmp_path: Path) -> None:
    chosen = configuration(catalog, "lightgbm") | {"training.epochs": 12}
    running = trainer(catalog, tmp_path, chosen, metric="accuracy")
    results = [running.run_epoch()]
    while not results[-1].end:
        if len(results) == 2:  # a break doesn't make it more patient
            running.save(tmp_path / "checkpoint", {})
            running = trainer(catalog, tmp_path, chosen, metric="accuracy")
            running.restore(tmp_path / "checkpoint")
        results.append(running.run_epoch())
    values = [result.metrics["val_accuracy"] for result in results]
    assert results[-1].end == "no better for 3 epochs"
    assert values.index(max(values)) == len(values) - 4 < 8


def test_a_refit_does_as_many_epochs_as_were_best_and_keeps_the_last(catalog: Catalog, tmp_path: Path) -> None:
    running = trainer(catalog, tmp_path, configuration(catalog, "lightgbm"), repeats=(0.5, 0.4))
    results = [running.run_epoch(), running.run_epoch()]
    assert [(result.is_best, result.end) for result in results] == [(False, None), (True, "all epochs done")]


def test_it_stops_between_two_parts_of_its_rounds(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(TrialStopped, match="time budget"):
        trainer(catalog, tmp_path, configuration(catalog, "lightgbm")).run_epoch(lambda: "time budget")


def test_balanced_classes_weigh_the_rows(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    component = catalog.get("model", "lightgbm")
    build = component.factory

    def spying(task: Task, **values: Any) -> Any:
        made = build(task, **values)
        begin = made.begin
        monkeypatch.setattr(made, "begin", lambda *a, **k: (seen.append(a[2]), begin(*a, **k)))
        return made

    monkeypatch.setattr(type(component), "build", lambda self, task, values: spying(task, **values))
    chosen = configuration(catalog, "lightgbm")
    trainer(catalog, tmp_path, {**chosen, "training.class_weights": "balanced"})
    trainer(catalog, tmp_path, {**chosen, "training.class_weights": "none"})
    assert seen[0] == pytest.approx(np.ones(120)) and seen[1] is None
