"""Small models of each family, served in this process."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from automl.components import Task, load_catalog
from automl.data import ImagePreparation, TablePreparation, TextPreparation, texts_of
from automl.serving.server.app import make_app
from automl.serving.server.live import Live, Loaded
from automl.serving.server.reader import reader_for
from automl.serving.server.settings import Limits, Settings
from automl.training.assembly import assemble
from automl.training.bundle import Part, write_bundle
from automl.training.checkpoint import write_weights

CLASSES = ("no", "yes")
ROLES = {"age": "numeric", "city": "categorical", "since": "date", "member": "boolean"}
FRAME = pd.DataFrame(
    {
        "age": [20.0, 30, 40, 50] * 3,
        "city": ["Rome", "Oslo"] * 6,
        "since": ["2020-01-31", "2021-02-28"] * 6,
        "member": [True, False] * 6,
    }
)

Bundle = Callable[..., Path]
Serve = Callable[..., TestClient]


class Folders:
    """A source whose newest version is the last folder."""

    name = "bank"

    def __init__(self, *folders: Path) -> None:
        self.folders = list(folders)

    def version(self) -> str:
        return str(len(self.folders))

    def folder(self, version: str) -> Path:
        return self.folders[int(version) - 1]


@pytest.fixture
def table_bundle(tmp_path: Path) -> Bundle:
    """Makes the bundle of a net on FRAME's columns, its weights drawn by a seed."""
    preparation = TablePreparation.fit(FRAME, ROLES)
    task = Task(
        kind="table-classification",
        num_outputs=2,
        input_shape=preparation.shape,
        class_names=CLASSES,
        num_numeric=preparation.num_numeric,
        category_sizes=preparation.category_sizes,
    )
    return lambda seed=0, **changes: _write(tmp_path / f"rows-{seed}", replace(task, **changes), preparation, seed)


@pytest.fixture
def image_bundle(tmp_path: Path) -> Bundle:
    """Makes the bundle of a net on grey images of 8x8."""
    preparation = ImagePreparation(1, 8, 8, 255, (0.5,), (0.25,))
    task = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=CLASSES)
    return lambda seed=0: _write(tmp_path / f"images-{seed}", task, preparation, seed)


def _write(folder: Path, task: Task, preparation: Any, seed: int) -> Path:
    import torch

    torch.manual_seed(seed)
    configuration = {"model": "mlp", "model.mlp.width": 16, "model.mlp.depth": 1, "model.mlp.numbers": "plain"}
    module = assemble(load_catalog(), task, configuration).model
    weights = folder.with_suffix(".safetensors")
    write_weights(module, weights)
    write_bundle(folder, parts=[Part(weights, configuration)], task=task, preparation=preparation, plugins=())
    return folder


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Makes a client of a server on a source, or on a `Live` that is made already."""
    clients: list[TestClient] = []

    def make(*folders: Path, live: Any = None, limits: Limits | None = None, **settings: Any) -> TestClient:
        limits = limits or Limits()
        live = live or Live(Folders(*folders), limits)
        app = make_app(live, Settings(limits=limits, **settings))
        clients.append(TestClient(app, raise_server_exceptions=False).__enter__())
        return clients[-1]

    yield make
    for client in clients:
        client.__exit__(None, None, None)


class Shouting:
    """Takes a message for a complaint by its exclamation marks; `fails_at` is a text that it can't take."""

    task = Task(
        kind="text-classification", num_outputs=2, input_shape=(8,), class_names=("calm", "loud"), vocabulary_size=9
    )
    threshold = None
    fails_at = "a bug of ours: secret"

    def __init__(self, columns: tuple[str, ...] = ("text",)) -> None:
        self.preparation = TextPreparation.fit(["hello there", "hello you"], columns)
        self.batches: list[int] = []

    def predict(self, rows: np.ndarray) -> np.ndarray:
        texts = texts_of(rows)
        self.batches.append(len(texts))
        if self.fails_at in texts:
            raise RuntimeError(self.fails_at)
        loud = np.array([min(1.0, text.count("!") / 4) for text in texts], np.float32)
        return np.stack([1 - loud, loud], 1)

    def answer(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = self.predict(rows)
        return found, np.array(self.task.class_names, object)[found.argmax(1)]


@pytest.fixture
def live_texts() -> Callable[..., Any]:
    """Makes something live whose model is `Shouting`."""

    def make(limits: Limits | None = None, columns: tuple[str, ...] = ("text",)) -> Any:
        model = Shouting(columns)
        loaded = Loaded("support", "3", model, reader_for(model.preparation, limits or Limits()))  # type: ignore[arg-type]
        return SimpleNamespace(current=loaded, refresh=lambda: False)

    return make
