"""What integration tests share: a store of their own, and searches in this process that start no Ray."""

import io
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, chdir, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.components import CATALOG
from automl.tracking import Store, open_store

Ran = subprocess.CompletedProcess[str]
SETTINGS = ("AUTOML_HOME", "AUTOML_PLUGINS", "MLFLOW_TRACKING_URI", "RAY_ADDRESS")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return open_store(tmp_path / "automl runs")  # The blank is on purpose.


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
def without_ray() -> Callable[[], AbstractContextManager[None]]:
    """`with without_ray(): automl.search(...)` -> trained in this process, one trial after the other.

    For all that isn't about workers: it takes a second instead of half a minute. Plugins that were loaded are gone
    afterwards.
    """
    # Before a search of a second: while a thread imports it, and polars with it, scikit-learn finds half of polars.
    import mlflow  # noqa: F401
    import torch

    from automl.search import ray_executor, sharing

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
