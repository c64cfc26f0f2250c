"""A model is made, and new data are compared with its profile: what is said, what is left, how it ends."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data.table.demo import TARGET, write_credit
from automl.tracking import open_store
from automl.tracking.monitoring import EXPERIMENT

pytestmark = pytest.mark.integration

Ran = subprocess.CompletedProcess[str]
MODEL = "finance@champion"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, run_here: Callable[..., Ran]) -> Path:
    """With a champion, and rows that it hasn't seen: as they were, and others."""
    folder = tmp_path_factory.mktemp("monitor")
    rows = pd.read_csv(write_credit(folder))
    rows[:2_000].to_csv(folder / "old.csv", index=False)
    week = rows[2_000:].reset_index(drop=True)
    week.to_csv(folder / "week.csv", index=False)
    changed = week.assign(income=week["income"] * 2, purpose=np.where(week.index % 3 == 0, "<script>", week["purpose"]))
    changed.drop(columns=TARGET).to_csv(folder / "changed.csv", index=False)
    model = ("--models", "logistic_regression", "--trials", "1", "--folds", "0")
    ran = run_here("search", "--domain", "finance", "--data", "old.csv", "--target", TARGET, *model, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return folder


@pytest.fixture
def monitor(folder: Path, run_here: Callable[..., Ran]) -> Iterator[Callable[..., Ran]]:
    def run(data: str, *words: Any, model: str = MODEL) -> Ran:
        return run_here("monitor", model, "--data", data, *words, cwd=folder)

    yield run
    for file in ("report.html", "found.json"):
        (folder / file).unlink(missing_ok=True)


def test_rows_of_the_same_kind_are_no_drift(monitor: Callable[..., Ran], folder: Path) -> None:
    ran = monitor("week.csv", "--json", "found.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "No drift: 0 of 9 features and 0 of 2 predictions have moved." in ran.stdout
    assert "1,000 rows of week.csv, compared with the profile of finance/1." in ran.stdout
    found = json.loads((folder / "found.json").read_text())
    assert {s["name"] for s in found["shifts"]} >= {"income", "purpose", "issued day_of_week", "probability of yes"}
    assert not {"loan", "issued days", "issued year"} & {s["name"] for s in found["shifts"]}
    auc = found["scores"]["auc"]
    assert auc["registered"]["low"] < auc["now"]["value"] < 1, "the file has the target"


def test_what_has_moved_is_told_written_and_recorded(monitor: Callable[..., Ran], folder: Path) -> None:
    ran = monitor("changed.csv", "--out", "report.html", "--json", "found.json")
    assert ran.returncode == 3, ran.stdout + ran.stderr
    assert "Drift: 2 of 9 features and" in ran.stdout and "The report is report.html." in ran.stdout
    found = json.loads((folder / "found.json").read_text())
    assert {s["name"] for s in found["shifts"] if s["kind"] == "feature" and s["drifted"]} == {"income", "purpose"}
    assert found["scores"] == {}, "there is no target"
    page = (folder / "report.html").read_text("utf-8")
    assert "<h3>income</h3>" in page and "<script" not in page
    client = open_store(folder / "automl_runs").client()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    run, *_ = client.search_runs([experiment.experiment_id], order_by=["start_time DESC"])
    assert run.data.tags["automl.model"] == "finance" and run.data.tags["automl.version"] == "1"
    assert run.info.status == "FINISHED" and run.data.metrics["drifted"] >= 2
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {"drift.html", "drift.json"}


def test_the_history_of_the_model_is_as_it_was(
    monitor: Callable[..., Ran], run_here: Callable[..., Ran], folder: Path
) -> None:
    monitor("changed.csv")
    said = run_here("models", "history", "finance", cwd=folder).stdout
    assert "promoted" in said and "monitor" not in said


def bundle_of(folder: Path) -> Path:
    (profile,) = (folder / "automl_runs" / "artifacts").rglob("profile.json")
    return profile


def test_a_profile_is_small_and_holds_no_row(folder: Path) -> None:
    text = bundle_of(folder).read_text()
    assert len(text) < 50_000
    described = json.loads(text)
    assert described["features"]["income"]["rows"] == 700, "of validation and test"
    assert len(described["features"]["income"]["quantiles"]) == 201
    assert set(described["features"]["purpose"]["shares"]) <= {*pd.read_csv(folder / "old.csv")["purpose"], "missing"}
    assert "L0" not in text, "names of loans"


def test_data_that_cannot_be_compared(monitor: Callable[..., Ran], folder: Path) -> None:
    (folder / "empty.csv").write_text("age,income\n")
    pd.read_csv(folder / "week.csv").drop(columns="income").to_csv(folder / "lacking.csv", index=False)
    for data, words, told in (
        ("gone.csv", (), "There is no gone.csv"),
        ("empty.csv", (), "empty.csv"),
        ("lacking.csv", (), "lack 1 of the 9 columns that the model has learned from: income"),
        ("week.csv", ("--target", "defualt"), "Did you mean --target default?"),
        ("week.csv", ("--out", "no/where.html"), "Can't write the file no/where.html (--out)."),
    ):
        ran = monitor(data, *words)
        assert ran.returncode == 2 and told in " ".join(ran.stderr.split()), ran.stderr
    assert "Did you mean finance?" in monitor("week.csv", model="finanse").stderr


def test_a_model_without_a_profile_says_how_to_get_one(monitor: Callable[..., Ran], folder: Path) -> None:
    """As an earlier automl has registered it."""
    client = open_store(folder / "automl_runs").client()
    profile = bundle_of(folder)
    kept = profile.read_text()
    model_id = client.get_model_version("finance", "1").source.removeprefix("models:/")
    content = client.get_logged_model(model_id).tags["automl.content"]
    profile.unlink()
    ran = monitor("week.csv")
    assert ran.returncode == 2 and "aren't what was registered" in ran.stderr, "it is among what is checked"
    client.delete_logged_model_tag(model_id, "automl.content")
    ran = monitor("week.csv")
    assert ran.returncode == 2 and "finance/1 has no profile" in ran.stderr and "automl train" in ran.stderr
    profile.write_text(kept.replace('"format": 1', '"format": 2'))
    assert "has format 2; this version reads up to 1" in " ".join(monitor("week.csv").stderr.split())
    profile.write_text(kept[:1_000])
    assert "is damaged" in monitor("week.csv").stderr
    profile.write_text(kept)
    client.set_logged_model_tags(model_id, {"automl.content": content})
    assert monitor("week.csv").returncode == 0
