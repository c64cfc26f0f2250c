"""Crossed validation: every row is predicted by a model that has not seen it, and all models together are the model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from automl.components import Catalog
from automl.evaluation import find_metric
from automl.space import compose
from automl.testing import tiny
from automl.training import TrainingData
from automl.training.base import BaseTrainer
from automl.training.bundle import Part, write_bundle
from automl.training.data import PREDICTIONS
from automl.training.device import DeviceData
from automl.training.making import make_trainer
from automl.training.trained import TrainedModel

TASK = tiny.task_of("table-classification", (4, (3, 6)))
ROWS, FOLDS, EPOCHS = 90, 3, 3


def crossed() -> TrainingData:
    data = tiny.training_data(TASK, ROWS, 1)
    folds = np.arange(ROWS) % FOLDS
    return replace(data, val_inputs=data.train_inputs, val_targets=data.train_targets, folds=folds)


def configuration(catalog: Catalog, model: str) -> dict[str, Any]:
    return compose(catalog, TASK, {"model": model, "training.epochs": EPOCHS}).space.default()


def trainer(catalog: Catalog, folder: Path, model: str, data: TrainingData) -> BaseTrainer:
    return make_trainer(
        catalog,
        DeviceData.on(torch.device("cpu"), data),
        configuration(catalog, model),
        metric=find_metric("log_loss", TASK.kind),
        seed=0,
        weights=folder / "best.safetensors",
    )


@pytest.mark.parametrize("model", ["mlp", "lightgbm"])
def test_the_rows_of_a_fold_have_no_say_in_the_model_that_predicts_them(
    catalog: Catalog, tmp_path: Path, model: str
) -> None:
    data = crossed()
    trainer(catalog, tmp_path, model, data).run_epoch()
    honest = np.load(tmp_path / PREDICTIONS)
    spoiled = data.train_targets.copy()
    spoiled[data.folds == 0] = (spoiled[data.folds == 0] + 1) % TASK.num_classes
    other = replace(data, train_targets=spoiled, val_targets=spoiled)
    trainer(catalog, tmp_path, model, other).run_epoch()
    changed = np.load(tmp_path / PREDICTIONS)
    np.testing.assert_allclose(changed[data.folds == 0], honest[data.folds == 0], atol=1e-6)
    assert not np.allclose(changed[data.folds == 1], honest[data.folds == 1], atol=1e-6)


@pytest.mark.parametrize("model", ["mlp", "catboost"])
def test_the_packed_model_is_the_mean_of_all_members(catalog: Catalog, tmp_path: Path, model: str) -> None:
    running = trainer(catalog, tmp_path, model, crossed())
    result = running.run_epoch()
    data = crossed()
    part = Part(tmp_path / "best.safetensors", configuration(catalog, model), FOLDS)
    write_bundle(tmp_path / "bundle", parts=[part], task=TASK, preparation=data.preparation, plugins=())
    loaded = TrainedModel.load(tmp_path / "bundle")
    from automl.training.arrays import DeviceArray
    from automl.training.inference import predict
    from automl.training.scaling import scaling_for

    cpu = torch.device("cpu")
    rows, scaling = DeviceArray(data.train_inputs, cpu), scaling_for(data.preparation, cpu)
    members = [predict(member, rows, scaling, TASK) for member in running.model.members]  # type: ignore[union-attr]
    np.testing.assert_allclose(loaded.predict(data.train_inputs), np.mean(members, axis=0), atol=1e-5)
    assert len(members) == FOLDS and result.metrics["val_log_loss"] > 0
    assert running.parameters == (sum(p.numel() for p in running.model.parameters()) if model == "mlp" else 0)


def test_it_goes_on_after_a_break_as_if_there_had_been_none(catalog: Catalog, tmp_path: Path) -> None:
    whole = trainer(catalog, tmp_path / "whole", "mlp", crossed())
    expected = [whole.run_epoch() for _ in range(EPOCHS)]
    first = trainer(catalog, tmp_path / "broken", "mlp", crossed())
    first.run_epoch()
    first.save(tmp_path / "last.safetensors", {})
    second = trainer(catalog, tmp_path / "broken", "mlp", crossed())
    second.restore(tmp_path / "last.safetensors")
    assert [second.run_epoch() for _ in range(EPOCHS - 1)] == expected[1:]
    assert second.progress == 1


def test_several_parts_predict_by_their_shares(catalog: Catalog, tmp_path: Path) -> None:
    data = crossed()
    parts = []
    for name, share in (("mlp", 0.75), ("lightgbm", 0.25)):
        trainer(catalog, tmp_path / name, name, data).run_epoch()
        parts.append(Part(tmp_path / name / "best.safetensors", configuration(catalog, name), FOLDS, share))
    predicted = []
    for chosen in ([replace(parts[0], share=1.0)], [replace(parts[1], share=1.0)], parts):
        write_bundle(tmp_path / "bundle", parts=chosen, task=TASK, preparation=data.preparation, plugins=())
        predicted.append(TrainedModel.load(tmp_path / "bundle").predict(data.train_inputs))
    np.testing.assert_allclose(predicted[2], 0.75 * predicted[0] + 0.25 * predicted[1], atol=1e-6)
