from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from automl.components import Catalog, Regularizer, Task, Weights, model
from automl.evaluation import find_metric
from automl.training import TrainingData
from automl.training.device import DeviceData
from automl.training.trainer import Trainer


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def regularizer(catalog: Catalog, make_task: Callable[..., Task]) -> Callable[..., Regularizer]:
    """regularizer("sam", rho=0.1) -> that regularizer; what isn't named has its default."""

    def make(name: str, **values: Any) -> Regularizer:
        component = catalog.get("regularizer", name)
        built: Regularizer = component.build(make_task(), {p.name: p.default for p in component.parameters} | values)
        return built

    return make


@pytest.fixture
def make_trainer(
    shared_catalog: Catalog, make_data: Callable[..., TrainingData], tmp_path: Path
) -> Callable[..., Trainer]:
    """make_trainer({"regularizer.sam": True}) -> of a tiny residual network with batch norm, on 24 images."""

    @model("tiny_residual", task=("image-classification", "image-regression"))
    def tiny_residual(task: Task) -> nn.Module:
        """A stem, two residual blocks, a linear layer."""
        from torchvision.models.resnet import BasicBlock

        stem = nn.Sequential(nn.Conv2d(task.input_shape[0], 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return nn.Sequential(stem, BasicBlock(4, 4), BasicBlock(4, 4), pool, nn.Linear(4, task.num_outputs))

    def make(configuration: dict[str, Any], data: TrainingData | None = None) -> Trainer:
        data = data or make_data()
        small = {"model": "tiny_residual", "training.epochs": 2, "training.batch_size": 8}
        return Trainer(
            shared_catalog,
            DeviceData.on(torch.device("cpu"), data),
            small | configuration,
            metric=find_metric("accuracy" if data.task.is_classification else "mse", data.task.kind),
            seed=0,
            weights=tmp_path / "best.safetensors",
        )

    return make


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny one."""
    from automl_plugins.models._encoder import EncoderWeights

    folder = tmp_path_factory.mktemp("encoder")
    EncoderWeights().example(folder)
    return folder


@pytest.fixture
def weights(catalog: Catalog) -> Weights:
    found = catalog.get("model", "pretrained_encoder").weights
    assert isinstance(found, Weights)
    return found
