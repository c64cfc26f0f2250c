"""The same on a GPU. Skipped, saying so, where there is none."""

import math
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from automl.components import Catalog, Component, Task, load_catalog
from automl.errors import TrialStopped
from automl.evaluation import find_metric
from automl.training import TrainingData
from automl.training.arrays import DeviceArray
from automl.training.bundle import Part, write_bundle
from automl.training.device import DeviceData
from automl.training.trained import TrainedModel
from automl.training.trainer import Trainer

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU; this machine has none")

CUDA = torch.device("cuda")
SHAPES = [(1, 16, 16), (3, 80, 84)]
SWITCHES = {
    f"{kind}.{component.name}": True
    for kind in ("augmentation", "regularizer")
    for component in load_catalog().of_kind(kind)
    if "image-classification" in component.tasks
}


@pytest.fixture
def make_trainer(catalog: Catalog, tmp_path: Path) -> Callable[..., Trainer]:
    def make(configuration: dict[str, Any], data: TrainingData) -> Trainer:
        return Trainer(
            catalog,
            DeviceData.on(CUDA, data),
            configuration,
            metric=find_metric("accuracy" if data.task.is_classification else "mse", data.task.kind),
            seed=0,
            weights=tmp_path / "best.safetensors",
        )

    return make


def _models_that_fit() -> list[Any]:
    cases = []
    for model, shape, classes in product(load_catalog().of_kind("model"), SHAPES, (3, 0)):
        kind = "image-classification" if classes else "image-regression"
        task = Task(kind=kind, num_outputs=classes or 1, input_shape=shape, class_names=("a", "b", "c")[:classes])
        if kind in model.tasks and not (model.applies and model.applies(task)):
            cases.append(pytest.param(model, shape, classes, id=f"{model.name}-{shape[1]}-{classes}"))
    return cases


@pytest.mark.parametrize(("model", "shape", "classes"), _models_that_fit())
def test_a_model_trains_with_everything_switched_on_and_is_served(
    model: Component,
    shape: tuple[int, int, int],
    classes: int,
    make_trainer: Callable[..., Trainer],
    configure: Callable[..., dict[str, Any]],
    make_data: Callable[..., TrainingData],
    tmp_path: Path,
) -> None:
    data = make_data(shape, classes)
    switches = SWITCHES if classes else {k: v for k, v in SWITCHES.items() if k != "regularizer.label_smoothing"}
    configuration = configure(model.name, switches)
    trainer = make_trainer(configuration, data)
    metrics = trainer.run_epoch().metrics
    assert all(math.isfinite(value) for value in metrics.values())
    write_bundle(
        tmp_path / "bundle",
        parts=[Part(tmp_path / "best.safetensors", configuration)],
        task=data.task,
        preparation=data.preparation,
        plugins=(),
    )
    predicted = TrainedModel.load(tmp_path / "bundle").predict(data.val_inputs)
    if classes:
        assert (predicted.argmax(1) == data.val_targets).mean() == pytest.approx(metrics["val_accuracy"], abs=0.1)
    else:
        assert ((predicted - data.val_targets) ** 2).mean() == pytest.approx(metrics["val_mse"], rel=0.05, abs=0.01)


@pytest.mark.parametrize(
    "component",
    [found for found in load_catalog().of_kind("augmentation") if "image-classification" in found.tasks],
    ids=lambda found: found.name,
)
def test_an_augmentation_stays_on_the_gpu(
    component: Component, make_data: Callable[..., TrainingData], catalog: Catalog
) -> None:
    task = make_data((3, 16, 16)).task
    apply: Any = component.build(task, {})
    images, targets = torch.rand(8, 3, 16, 16, device=CUDA), torch.zeros(8, dtype=torch.int64, device=CUDA)
    changed, new_targets = apply(images, targets)
    assert changed.device == images.device and new_targets.device == images.device
    assert changed.min() >= 0 and changed.max() <= 1


def test_a_small_data_set_lives_on_the_gpu() -> None:
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    rows = DeviceArray(array, CUDA).rows(np.array([2, 0]))
    assert rows.device.type == "cuda"
    np.testing.assert_array_equal(rows.cpu().numpy(), array[[2, 0]])


def test_a_trial_stops_in_the_middle_of_an_epoch(
    make_trainer: Callable[..., Trainer],
    configure: Callable[..., dict[str, Any]],
    make_data: Callable[..., TrainingData],
) -> None:
    with pytest.raises(TrialStopped, match=r"time budget"):
        make_trainer(configure("mlp"), make_data()).run_epoch(lambda: "time budget")
