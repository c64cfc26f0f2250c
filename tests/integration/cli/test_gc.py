"""`automl gc`: what earlier searches leave is shown first, and deleted only then."""

import fcntl
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.registry import Evidence, Rows, find_model, log_model, register
from automl.tracking import Store, Tracker

pytestmark = pytest.mark.integration

Run = Callable[..., subprocess.CompletedProcess[str]]
NAMES = [f"2026010{day}-000000-images" for day in (1, 2, 3)]


@pytest.fixture
def bundle(tmp_path: Path, description: str) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "model.json").write_text(description)
    return folder


@pytest.fixture
def home(store: Store, bundle: Path, made_up: Callable[..., tuple[Evidence, Rows]]) -> Path:
    """Three searches of three trials each; what the first one has found is the champion."""
    for name in NAMES:
        folder = store.home / "searches" / name
        (folder / "trials").mkdir(parents=True)
        (folder / "trials" / "weights").write_bytes(b"x" * 100_000)
        (folder / "search.json").write_text(json.dumps({"format": 1, "ended": "3 trials done"}))
        with Tracker(
            store, experiment="images", search=name, description="d", params={}, tags={}, metric="auc", minimize=False
        ) as tracker:
            for number in range(3):
                tracker.trial_started(number, "mlp", {"model": "mlp"})
                tracker.artifact("[]", "schedule.json", number=number)
                tracker.trial_finished(number, status="finished", reason="done", summary={"best_auc": 0.9})
            tracker.search_summary(metrics={}, note="It won.", winner=1)
            tracker.flush()
            run_id = tracker.run_id(2)
        if name == NAMES[0]:
            evidence, rows = made_up(0.5)
            uri = log_model(store, run_id=run_id, bundle=bundle)
            register(store, model_uri=uri, run_id=run_id, name="images", evidence=evidence, rows=rows)
    return store.home


def runs(store: Store) -> int:
    client = store.client()
    (experiment,) = (found for found in client.search_experiments() if found.name == "images")
    return len(client.search_runs([experiment.experiment_id], max_results=100))


def test_what_goes_is_shown_and_then_deleted(home: Path, store: Store, run_here: Run, tmp_path: Path) -> None:
    before = runs(store)
    shown = run_here("gc", "--keep-last", 1, "--home", home, cwd=tmp_path)
    assert shown.returncode == 0 and "Nothing was deleted" in shown.stdout
    assert NAMES[0] in shown.stdout and NAMES[1] in shown.stdout and NAMES[2] not in shown.stdout
    assert runs(store) == before == 12 and len(list((home / "searches").iterdir())) == 3

    done = run_here("gc", "--keep-last", 1, "--yes", "--home", home, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Deleted: 2 searches, 200 KB; 3 runs in MLflow." in done.stdout
    assert [folder.name for folder in (home / "searches").iterdir()] == [NAMES[2]]
    assert runs(store) == 9, "of the first search one loser goes, of the second two"
    assert (find_model(store, "images@champion") / "model.json").exists()
    assert "nothing to delete" in run_here("gc", "--keep-last", 1, "--home", home, cwd=tmp_path).stdout


def test_a_running_search_stays(home: Path, store: Store, run_here: Run, tmp_path: Path) -> None:
    with (home / "searches" / NAMES[0] / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run_here("gc", "--keep-last", 2, "--yes", "--home", home, cwd=tmp_path)
    assert "running" in done.stdout and "Deleted: 0 searches" in done.stdout
    assert (home / "searches" / NAMES[0] / "trials" / "weights").exists() and runs(store) == 12
