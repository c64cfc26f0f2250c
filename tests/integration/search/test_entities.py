"""A search for entities from the command line to answers: trained in this process, one trial after the other."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.tracking import open_store

pytestmark = pytest.mark.integration

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_conll: Callable[..., str]) -> Path:
    folder = tmp_path_factory.mktemp("entities")
    (folder / "sentences.conll").write_text(make_conll(200))
    (folder / "more.conll").write_text(make_conll(60, seed=1))
    (folder / "new.txt").write_text("mrs Victoria Sydney slept, in  Jordan slept\n\nthe Paris slept\n")
    return folder


@pytest.fixture(scope="module")
def said(folder: Path, run_here: Run) -> str:
    options = ("--models", "word_features,text_cnn", "--trials", "2", "--set", "training.epochs=6")
    done = run_here("search", "--domain", "entities", "--data", "sentences.conll", *options, cwd=folder)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return str(done.stdout)


def test_what_was_found_is_said(said: str) -> None:
    assert "sentences: 200 sentences of" in said
    assert "Entities on test by type: " in said and "LOC F1" in said
    assert "Registered as entities version 1, alias champion" in said


def test_mlflow_has_the_figures_of_each_type(said: str, folder: Path, tmp_path: Path) -> None:
    client = open_store(folder / "automl_runs").client()
    version = client.get_model_version_by_alias("entities", "champion")
    run = client.get_run(version.run_id)
    assert run.data.metrics["test_entity_f1"] > 0.9
    assert run.data.metrics["interval/test_entity_f1_low"] <= run.data.metrics["test_entity_f1"]
    files = Path(client.download_artifacts(version.run_id, "evaluation", str(tmp_path)))
    with (files / "entities.csv").open() as table:
        assert [row["type"] for row in csv.DictReader(table)] == ["LOC", "PER", "all"]


def test_messages_are_answered(said: str, folder: Path, run_here: Run) -> None:
    run_here("predict", "--model", "entities@champion", "new.txt", cwd=folder)
    with (folder / "predictions.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    found = json.loads(rows[0]["entities"])
    assert [(one["label"], one["text"], one["start"], one["end"]) for one in found] == [
        ("PER", "Victoria Sydney", 4, 19),
        ("LOC", "Jordan", 31, 37),
    ]
    assert rows[1]["entities"] == rows[2]["entities"] == "[]"


def test_likeliest_classes_are_not_asked_for(said: str, folder: Path, run_here: Run) -> None:
    done = run_here("predict", "--model", "entities@champion", "new.txt", "--top", "2", cwd=folder)
    assert done.returncode == 2 and "--top names the likeliest classes" in done.stderr


def test_new_messages_are_compared_with_the_profile(said: str, folder: Path, run_here: Run) -> None:
    done = run_here("monitor", "entities", "--data", "more.conll", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "60 rows of more.conll" in done.stdout and "unfamiliar words" in done.stdout
    done = run_here("predict", "--model", "entities", "new.txt", "--explain", cwd=folder)
    assert done.returncode == 2 and "the model gives a class for each word" in done.stderr


def test_versions_are_compared_on_other_labelled_words(said: str, folder: Path, run_here: Run) -> None:
    done = run_here("models", "compare", "entities/1", "entities/1", "--data", "more.conll", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "entity_f1" in done.stdout


def test_mlflow_loads_it_and_answers_a_frame(said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow
    import pandas as pd

    monkeypatch.chdir(folder)
    mlflow.set_tracking_uri(open_store(folder / "automl_runs").tracking_uri)
    answers = mlflow.pyfunc.load_model("models:/entities@champion").predict(
        pd.DataFrame({"text": ["in Oslo slept", ""]})
    )
    assert list(answers) == ["entities"] and len(answers) == 2


def test_its_winner_is_trained_again(said: str, folder: Path, run_here: Run) -> None:
    done = run_here("train", "last", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "the same" in done.stdout


def test_the_winner_is_refitted_on_train_and_validation(said: str, folder: Path, run_here: Run) -> None:
    options = ("--models", "text_cnn", "--trials", "1", "--set", "training.epochs=2", "--refit")
    done = run_here("search", "--domain", "entities", "--data", "sentences.conll", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Refitted on train + validation for" in done.stdout
