from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from automl.components import Catalog
from automl.evaluation import find_metric
from automl.training import TrainingData
from automl.training.device import DeviceData
from automl.training.trainer import Trainer


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def make_trainer(
    shared_catalog: Catalog, make_data: Callable[..., TrainingData], tmp_path: Path
) -> Callable[..., Trainer]:
    """make_trainer(configuration, seed=0, metric="accuracy") -> on 24 tiny images, weights in tmp_path."""

    def make(
        configuration: dict[str, Any],
        *,
        seed: int = 0,
        metric: str | None = None,
        data: TrainingData | None = None,
        weights: str = "best.safetensors",
        repeats: Sequence[float] = (),
    ) -> Trainer:
        data = data or make_data()
        name = metric or ("accuracy" if data.task.is_classification else "mse")
        return Trainer(
            shared_catalog,
            DeviceData.on(torch.device("cpu"), data),
            configuration,
            metric=find_metric(name, data.task.kind),
            seed=seed,
            weights=tmp_path / weights,
            repeats=repeats,
        )

    return make
