"""A model on a real MLflow server, found from another machine's folder."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automl.components.task import Task
from automl.registry import Evidence, Rows, find_model, log_model, register
from automl.tracking import Tracker, open_store
from automl.tracking.ui import wait_until_up

pytestmark = pytest.mark.integration

MadeUp = Callable[..., tuple[Evidence, Rows]]

TASK = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("no", "yes"))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """An MLflow server that keeps the files itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}"]
    command += ["--artifacts-destination", str(tmp_path / "server")]
    settings = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with subprocess.Popen(command, env=os.environ | settings) as server:
        try:
            wait_until_up(server, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def test_a_model_on_a_server_is_found_and_fetched_once(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, description: str, made_up: MadeUp
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "model.json").write_text(description)
    here = open_store(tmp_path / "here")
    with Tracker(
        here, experiment="x", search="x-1", description="d", params={}, tags={}, metric="auc", minimize=False
    ) as tracker:
        tracker.trial_started(3, "resnet", {"model": "resnet"})
        tracker.trial_finished(3, status="finished", reason="all epochs done", summary={"best_auc": 0.9})
        tracker.flush()
        uri = log_model(here, run_id=tracker.run_id(3), bundle=bundle)
        known, rows = made_up(0.8)
        register(here, model_uri=uri, run_id=tracker.run_id(3), name="x", evidence=known, rows=rows)
        assert not [model for model in here.client().search_registered_models() if model.name != "x"], "no lock stays"

    there = open_store(tmp_path / "there")
    found = find_model(there, "x@champion")
    assert (found / "model.json").read_text() == description
    assert found.is_relative_to(tmp_path / "there")
    assert find_model(there, "x/1") == found
