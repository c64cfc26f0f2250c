"""A real MLflow server is killed in mid-search: in the end all of it is there as if nothing had happened."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mlflow_server import MlflowServer

from automl.api import resume_search, run_experiment
from automl.config import load_experiment
from automl.errors import Notice
from automl.search.records import TrialRecord
from automl.search.watcher import Watcher
from automl.tracking import open_store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

pytestmark = pytest.mark.integration

TRIALS, EPOCHS = 5, 3
MEASURED = {"seconds", "latency_ms", "latency_p95_ms", "throughput"}
"""What no two searches have alike."""


class Killer(Watcher):
    """Kills the server once it has two trials with their ends."""

    def __init__(self, server: MlflowServer, client: "MlflowClient") -> None:
        self._server, self._client = server, client

    def trial_finished(self, record: TrialRecord) -> None:
        if record.number == 1:
            until = time.monotonic() + 60
            while sum(run.info.status == "FINISHED" for run in runs_of(self._client)) < 2:
                assert time.monotonic() < until, "they don't come"
                time.sleep(0.1)
            self._server.kill()


def runs_of(client: "MlflowClient") -> "list[Run]":
    found = client.get_experiment_by_name("images")
    return list(client.search_runs([found.experiment_id], max_results=100)) if found else []


def recorded(client: "MlflowClient") -> dict[str, Any]:
    """All that a search has written, by the name of the run; none is there twice."""
    runs = runs_of(client)
    names = [run.info.run_name if "automl.number" in run.data.tags else "search" for run in runs]
    assert len(set(names)) == len(names)
    return {name: _run(client, run) for name, run in zip(names, runs, strict=True)}


def _run(client: "MlflowClient", run: "Run") -> dict[str, Any]:
    points = {
        name: [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]
        for name in run.data.metrics
        if name not in MEASURED
    }
    return {
        "status": run.info.status,
        "params": {name: value for name, value in run.data.params.items() if name != "out"},
        "points": points,
        "measured": run.data.metrics.keys() & MEASURED,
        "tags": set(run.data.tags),
        "inputs": [found.dataset.digest for found in run.inputs.dataset_inputs],
        "files": set(_files(client, run.info.run_id, None)),
        "models": len(run.outputs.model_outputs) if run.outputs else 0,
    }


def _files(client: "MlflowClient", run_id: str, folder: str | None) -> list[str]:
    found = []
    for file in client.list_artifacts(run_id, folder):
        found += _files(client, run_id, file.path) if file.is_dir else [file.path]
    return found


def test_a_server_that_is_killed_in_mid_search_loses_nothing(
    tmp_path: Path,
    write_images: Callable[..., Path],
    without_ray: Callable[[], AbstractContextManager[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    space = {"model": "mlp", "model.mlp.width": 16, "training.epochs": EPOCHS, "training.batch_size": 8}
    flags = {"data": str(write_images(tmp_path / "images", {"dark": 30, "light": 30})), "trials": TRIALS, "seed": 0}
    experiment = load_experiment(flags=flags | {"space": space, "sampler": "random", "scheduler": "none"})
    with without_ray(), MlflowServer(tmp_path) as server:
        run_experiment(experiment, out=tmp_path / "undisturbed", say=lambda line: None)

        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
        home = tmp_path / "runs"
        client = open_store(home).client()

        with pytest.warns(Notice, match="is away"):
            outcome = run_experiment(experiment, out=home, say=lambda line: None, watchers=[Killer(server, client)])
        assert len(outcome.result.trials) == TRIALS
        assert outcome.unrecorded and outcome.registered is None
        assert outcome.test, "the winner is tested all the same"

        server.start()
        resumed = resume_search(home=home, say=lambda line: None)
        assert resumed.registered is not None and not resumed.unrecorded
        there = recorded(client)
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
        expected = recorded(open_store(tmp_path / "undisturbed").client())
    assert len(there) == TRIALS + 1 and there.keys() == expected.keys()
    for name in expected:
        assert there[name] == expected[name], name
