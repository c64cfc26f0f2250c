"""What regularizers keep to with every model, and with each other."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from automl.components import Catalog, Component, load_catalog
from automl.evaluation import find_metric
from automl.space import Space
from automl.testing import tiny
from automl.training import TrainingData
from automl.training.bundle import Part, write_bundle
from automl.training.device import DeviceData
from automl.training.trained import TrainedModel
from automl.training.trainer import Trainer

REGULARIZERS = load_catalog().of_kind("regularizer")
NETS = [model for model in load_catalog().of_kind("model") if not model.fits_itself]
SMALL = {"training.epochs": 2, "training.batch_size": 4}
SOON = {"swa": {"start": 0.3}, "freeze_backbone": {"fraction": 0.5}}


def conflict(one: Component, other: Component) -> bool:
    return ".".join(one.key) in other.conflicts or ".".join(other.key) in one.conflicts


@pytest.mark.parametrize("model", NETS, ids=lambda found: found.name)
@pytest.mark.parametrize(("without", "classes"), [("ema", 3), ("swa", 0)], ids=["classification", "regression"])
def test_all_regularizers_that_a_model_works_with_train_it_and_are_served_with_it(
    model: Component,
    without: str,
    classes: int,
    catalog: Catalog,
    make_data: Callable[..., TrainingData],
    space_of: Callable[..., Space],
    tmp_path: Path,
) -> None:
    if "image-classification" in model.tasks:
        side = next(side for side in (8, 32, 75) if model.mismatch(make_data((1, side, side), 3, 1, 1).task) is None)
        data = make_data((1, side, side), classes, train=8, val=4)
    else:
        kind = "table-classification" if classes else "table-regression"
        data = tiny.training_data(tiny.task_of(kind, (4, (3, 20))), 8, 4)
    configuration = space_of(model, data.task, SMALL).default()
    fitting = [r for r in REGULARIZERS if not conflict(r, model) and r.mismatch(data.task) is None]
    for regularizer in (r for r in fitting if r.name != without):
        values = {p.name: p.default for p in regularizer.parameters} | SOON.get(regularizer.name, {})
        switch = f"regularizer.{regularizer.name}"
        configuration |= {switch: True} | {f"{switch}.{name}": value for name, value in values.items()}
    metric = find_metric("accuracy" if classes else "mse", data.task.kind)
    weights = tmp_path / "best.safetensors"
    trainer = Trainer(
        catalog, DeviceData.on(torch.device("cpu"), data), configuration, metric=metric, seed=0, weights=weights
    )
    history = [trainer.run_epoch() for _ in range(2)]
    assert all(math.isfinite(result.metrics["train_loss"]) for result in history)
    best = next(result.metrics for result in reversed(history) if result.is_best)
    bundle = tmp_path / "bundle"
    write_bundle(
        bundle,
        parts=[Part(weights, configuration)],
        task=data.task,
        preparation=data.preparation,
        plugins=(),
    )
    predicted = TrainedModel.load(bundle).predict(data.val_inputs)
    np.testing.assert_allclose(metric.compute(predicted, data.val_targets), best[f"val_{metric.name}"], rtol=1e-3)


WITH_ANY_MODEL = [found for found in REGULARIZERS if found.name not in ("early_stopping", "stochastic_depth")]
EFFECTIVE: dict[str, dict[str, Any]] = {
    "gradient_clipping": {"max_norm": 0.1},
    "l1": {"strength": 1e-3},
    "l2": {"strength": 0.3},
    "swa": {"start": 0.3},
}


@pytest.mark.parametrize("regularizer", WITH_ANY_MODEL, ids=lambda found: found.name)
def test_a_regularizer_makes_a_difference(
    regularizer: Component,
    catalog: Catalog,
    make_data: Callable[..., TrainingData],
    space_of: Callable[..., Space],
    tmp_path: Path,
) -> None:
    data = make_data()
    switch = f"regularizer.{regularizer.name}"
    off = space_of(catalog.get("model", "mlp"), data.task, {"model.mlp.width": 16, "training.epochs": 3}).default()
    values = {p.name: p.default for p in regularizer.parameters} | EFFECTIVE.get(regularizer.name, {})
    on = off | {switch: True} | {f"{switch}.{name}": value for name, value in values.items()}
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
