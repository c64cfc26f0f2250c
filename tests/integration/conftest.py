"""What integration tests share: a store that is made once, and searches in this process that start no Ray."""

import io
import json
import sqlite3
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, chdir, closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from automl.components import CATALOG, Task
from automl.data import ImagePreparation
from automl.registry import Evidence, Rows
from automl.tracking import Store, open_store

if TYPE_CHECKING:
    from mlflow import MlflowClient

Ran = subprocess.CompletedProcess[str]
COUNT = 400
TARGETS = np.random.default_rng(0).integers(0, 2, COUNT)
"""Of versions of models whose predictions are made up."""

SETTINGS = ("AUTOML_HOME", "AUTOML_PLUGINS", "MLFLOW_TRACKING_URI", "RAY_ADDRESS")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: the migrations take seconds."""
    store = open_store(tmp_path_factory.mktemp("template"))
    store.client()
    assert store.database is not None
    return store.database


def copy_database(made: Path, to: Path) -> None:
    """Not the file alone: the latest changes may still be in the log beside it."""
    with closing(sqlite3.connect(made)) as source, closing(sqlite3.connect(to)) as own:
        source.backup(own)


@pytest.fixture
def store(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = tmp_path / "automl runs"  # The blank is on purpose.
    home.mkdir()
    copy_database(empty_database, home / "mlflow.db")
    return open_store(home)


class TwoCores:
    """A cluster of two CPU cores that never starts."""

    def resources(self) -> tuple[int, int]:
        return 2, 0

    def close(self) -> None:
        pass


class OneAfterTheOther:
    """In the place of `ray.tune.Tuner`: runs the actor of Ray's workers in this process."""

    def __init__(self, trainable: tuple[Any, dict[str, Any]], *, tune_config: Any, run_config: Any) -> None:
        self._actor, self._parameters = trainable
        self._searcher, self._scheduler = tune_config.search_alg, tune_config.scheduler

    def fit(self) -> None:
        actor = object.__new__(self._actor)  # Ray Tune's own constructor is for a worker
        begin = partial(actor.setup, **self._parameters)
        for name in map(str, count()):
            config = self._searcher.suggest(name)
            if config == self._searcher.FINISHED:
                return
            if config is not None:
                begin(config)
                begin = actor.reset_config
                self._searcher.on_trial_complete(name, self._train(actor, config))

    def _train(self, actor: Any, config: dict[str, Any]) -> dict[str, Any]:
        """The last result, which isn't the scheduler's any more."""
        while True:
            result: dict[str, Any] = actor.step()
            if result["done"]:
                return result
            if self._scheduler.on_trial_result(None, SimpleNamespace(config=config), result) == self._scheduler.STOP:
                return result


@pytest.fixture(scope="session")
def without_ray(empty_database: Path) -> Callable[[], AbstractContextManager[None]]:
    """`with without_ray(): automl.search(...)` -> trained in this process, one trial after the other.

    For all that isn't about workers: it takes a second instead of half a minute. Plugins that were loaded are gone
    afterwards.
    """
    import torch

    from automl.search import ray_executor, sharing

    connect = Store.client

    def client(store: Store) -> "MlflowClient":
        if store.database is not None and not store.database.exists():
            copy_database(empty_database, store.database)
        return connect(store)

    @contextmanager
    def patched() -> Iterator[None]:
        threads = torch.get_num_threads()
        with pytest.MonkeyPatch.context() as patch:
            for name in SETTINGS:
                patch.delenv(name, raising=False)
            patch.setattr("automl.api.searches.Cluster", TwoCores)
            patch.setattr(ray_executor.tune, "Tuner", OneAfterTheOther)
            patch.setattr(ray_executor.tune, "with_parameters", lambda actor, **parameters: (actor, parameters))
            patch.setattr(ray_executor.tune, "with_resources", lambda actor, _: actor)
            patch.setattr(sharing, "_share", lambda array: array)
            patch.setattr(sharing, "_open", lambda array: array)
            patch.setattr(Store, "client", client)
            for held in ("components", "broken", "refused"):
                patch.setattr(CATALOG, held, dict(getattr(CATALOG, held)))
            yield
        torch.set_num_threads(threads)

    return patched


@pytest.fixture(scope="session")
def run_here(without_ray: Callable[[], AbstractContextManager[None]]) -> Callable[..., Ran]:
    """run_here("search", "--trials", 3, cwd=folder) -> what `run_automl` gives, but in this process, `without_ray`."""
    from automl.cli.main import main

    def run(*arguments: Any, cwd: Path) -> Ran:
        out, errors, codes = io.StringIO(), io.StringIO(), list[int]()
        words = ["automl", *map(str, arguments)]
        with without_ray(), pytest.MonkeyPatch.context() as patch, chdir(cwd):
            patch.setattr("sys.argv", words)
            patch.setattr("warnings.showwarning", warnings.showwarning)  # main's own is gone afterwards
            patch.setattr("automl.cli.main._leave", codes.append)
            patch.setattr("automl.cli.search.STARTED", time.monotonic())
            with redirect_stdout(out), redirect_stderr(errors):
                main()
        return subprocess.CompletedProcess(words, codes[0], out.getvalue(), errors.getvalue())

    return run


@pytest.fixture(scope="session")
def description() -> str:
    """A bundle's `model.json`, of a model that nobody loads."""
    task = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("no", "yes"))
    preparation = ImagePreparation(1, 8, 8, 255, (0.5,), (0.25,)).to_dict()
    described = {"format": 1, "task": asdict(task), "preparation": preparation, "configuration": {"model": "mlp"}}
    return json.dumps(described | {"plugins": [], "provenance": {}})


def predicted(noise: float) -> np.ndarray:
    """(N, 2) probabilities; the same rows are hard for all."""
    scores = TARGETS + noise * np.random.default_rng(1).normal(0, 1, COUNT)
    positive = 1 / (1 + np.exp(-(scores - 0.5)))
    return np.stack([1 - positive, positive], axis=1).astype(np.float32)


def evidence_of(predictions: np.ndarray, **changes: Any) -> Evidence:
    from automl.evaluation import METRICS

    test = {name: METRICS[name].compute(predictions, TARGETS) for name in ("auc", "accuracy")}
    known: dict[str, Any] = {
        "search": "x-1",
        "trial": "003 resnet",
        "components": "resnet + hflip",
        "data": "chest",
        "data_digest": "data-1",
        "test_digest": "rows-1",
        "task": "image-classification",
        "metric": "auc",
        "validation": {"auc": 0.9, "accuracy": 0.8},
        "test": test,
        "intervals": {"auc": (0.8, 0.9)},
        "baseline": {"auc": 0.5},
        "test_baseline": {"auc": 0.5},
        "figures": {"latency_ms": 3.0},
        "seeds": (0, 1),
    }
    return Evidence(**known | changes)


@pytest.fixture(scope="session")
def made_up() -> Callable[..., tuple[Evidence, Rows]]:
    """made_up(0.5) -> what is kept of a version of which so much of what it predicts is noise."""

    def make(noise: float, **changes: Any) -> tuple[Evidence, Rows]:
        predictions = predicted(noise)
        evidence = evidence_of(predictions, **changes)
        return evidence, Rows(predictions, TARGETS, evidence.test_digest)

    return make
