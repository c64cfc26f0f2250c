"""What every regularizer keeps to, with every model."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from automl.components import Catalog, Component, load_catalog
from automl.space import Space
from automl.training import TrainingData, find_metric
from automl.training.bundle import TrainedModel, write_bundle
from automl.training.trainer import DeviceData, Trainer

REGULARIZERS = load_catalog().of_kind("regularizer")
MODELS = load_catalog().of_kind("model")
SMALL = {"training.epochs": 1, "training.batch_size": 4}


@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=lambda found: found.name)
@pytest.mark.parametrize("model", MODELS, ids=lambda found: found.name)
@pytest.mark.parametrize("classes", [3, 0], ids=["classification", "regression"])
def test_a_regularizer_trains_every_model_and_is_served_with_it(
    regularizer: Component,
    model: Component,
    classes: int,
    catalog: Catalog,
    make_data: Callable[..., TrainingData],
    space_of: Callable[..., Space],
    tmp_path: Path,
) -> None:
    data = make_data((1, 8, 8), classes, train=8, val=4)
    space_of(model, data.task)
    pretrained = any(parameter.name == "pretrained" for parameter in model.parameters)
    overrides = SMALL | {"model": model.name} | ({f"model.{model.name}.pretrained": False} if pretrained else {})
    configuration = space_of(regularizer, data.task, overrides).default()
    metric = find_metric("accuracy" if classes else "mse", data.task.kind)
    trainer = Trainer(
        catalog,
        DeviceData.on(torch.device("cpu"), data),
        configuration,
        metric=metric,
        seed=0,
        weights=tmp_path / "best.safetensors",
    )
    metrics = trainer.run_epoch().metrics
    assert math.isfinite(metrics["train_loss"])
    write_bundle(
        tmp_path / "bundle",
        weights=tmp_path / "best.safetensors",
        task=data.task,
        preparation=data.preparation,
        configuration=configuration,
        plugins=(),
    )
    predicted = TrainedModel.load(tmp_path / "bundle").predict(data.val_inputs)
    np.testing.assert_allclose(metric.compute(predicted, data.val_targets), metrics[f"val_{metric.name}"], rtol=1e-4)


@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=lambda found: found.name)
def test_a_regularizer_makes_a_difference(
    regularizer: Component,
    catalog: Catalog,
    make_data: Callable[..., TrainingData],
    space_of: Callable[..., Space],
    tmp_path: Path,
) -> None:
    data = make_data()
    switch = f"regularizer.{regularizer.name}"
    on = space_of(regularizer, data.task, {"model.mlp.width": 16, "training.epochs": 3}).default()
    # At its strongest: the default of a penalty may change less than float32 shows.
    on |= {f"{switch}.{p.name}": p.domain.high for p in regularizer.parameters if hasattr(p.domain, "high")}
    off = {name: value for name, value in on.items() if not name.startswith(switch)}
    losses = []
    for configuration in (on, off):
        trainer = Trainer(
            catalog,
            DeviceData.on(torch.device("cpu"), data),
            configuration,
            metric=find_metric("accuracy", data.task.kind),
            seed=0,
            weights=tmp_path / "best.safetensors",
        )
        losses.append([trainer.run_epoch().metrics["val_log_loss"] for _ in range(3)])
    assert losses[0] != losses[1]
