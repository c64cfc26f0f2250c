"""A search of messages with Ray: what is said, what MLflow has, who answers messages and how."""

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from automl.data.text.demo import write_messages
from automl.tracking import open_store

pytestmark = pytest.mark.integration

Run = Callable[..., subprocess.CompletedProcess[str]]
MODEL = "customer_service@champion"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With messages of intents, and others that no intent fits."""
    folder = tmp_path_factory.mktemp("texts")
    frame = pd.read_csv(write_messages(folder))
    outside = frame["intent"] == "out_of_scope"
    frame[~outside].to_csv(folder / "tickets.csv", index=False)
    frame[outside].drop(columns="intent").to_csv(folder / "others.csv", index=False)
    (folder / "new.txt").write_text("where is my lamp\nhow many people live in norway\n")
    return folder


@pytest.fixture(scope="module")
def said(folder: Path, run_automl: Run) -> str:
    options = ("--models", "bag_of_ngrams", "--trials", 1, "--workers", 1, "--confirm", "off", "--no-ensemble")
    data = ("--data", "tickets.csv", "--out-of-scope", "others.csv")
    ran = run_automl("search", "--domain", "customer_service", *data, *options, cwd=folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_what_was_found_is_said(said: str) -> None:
    assert "tickets: 480 messages (message), 8 classes (intent)" in said
    assert "Out of scope: 20 train, 20 val, 20 test, split with seed 0." in said
    assert "out-of-scope recall" in said
    assert "By confidence it answers" in said
    assert "Registered as customer_service version 1, alias champion" in said


def test_mlflow_has_the_figures_and_the_sentences(said: str, folder: Path, tmp_path: Path) -> None:
    client = open_store(folder / "automl_runs").client()
    version = client.get_model_version_by_alias("customer_service", "champion")
    run = client.get_run(version.run_id)
    assert run.data.metrics["test_in_scope_accuracy"] > 0.8
    assert run.data.metrics["test_out_of_scope_recall"] > 0.3
    assert "interval/test_out_of_scope_recall_low" in run.data.metrics
    files = Path(client.download_artifacts(version.run_id, "evaluation", str(tmp_path)))
    assert {"coverage.png", "coverage.csv", "test.json"} <= {path.name for path in files.iterdir()}
    told = json.loads((files / "test.json").read_text())
    assert told["rejection"]["rejection"]["label"] == "out_of_scope"
    assert told["coverage"]["out_of_scope_recall"]["value"] == run.data.metrics["test_out_of_scope_recall"]


def test_raw_messages_are_answered_in_another_process(said: str, folder: Path, run_here: Run) -> None:
    ran = run_here("predict", "--model", MODEL, "new.txt", "--top", 2, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    first, second = csv.DictReader((folder / "predictions.csv").open())
    assert (first["id"], first["prediction"], first["class_1"]) == ("1", "track_order", "track_order")
    assert second["prediction"] == "out_of_scope"
    assert list(first) == ["id", "prediction", "class_1", "p_1", "class_2", "p_2"]


def test_mlflow_loads_it_and_answers_a_frame(said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    monkeypatch.chdir(folder)
    mlflow.set_tracking_uri(open_store(folder / "automl_runs").tracking_uri)
    model = mlflow.pyfunc.load_model(f"models:/{MODEL}")
    answers = model.predict(pd.DataFrame({"message": ["please cancel my order for the kettle", ""]}))
    assert answers["prediction"][0] == "cancel_order"
    assert len(answers) == 2
