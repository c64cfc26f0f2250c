"""`automl gc`: what earlier searches leave is shown first, and deleted only then."""

import fcntl
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up import add_version, describe_bundle, tracker

from automl.registry import find_model
from automl.tracking import Store

pytestmark = pytest.mark.integration

Run = Callable[..., subprocess.CompletedProcess[str]]
NAMES = [f"2026010{day}-000000-images" for day in (1, 2, 3)]


@pytest.fixture
def home(store: Store, tmp_path: Path) -> Path:
    """Three searches of three trials each; what the first one has found is the champion."""
    for name in NAMES:
        folder = store.home / "searches" / name
        (folder / "trials").mkdir(parents=True)
        (folder / "trials" / "weights").write_bytes(b"x" * 100_000)
        (folder / "search.json").write_text(json.dumps({"format": 1, "ended": "3 trials done"}))
        with tracker(store, name, "images") as search:
            for number in range(3):
                search.trial_started(number, "mlp", {"model": "mlp"})
                search.artifact("[]", "schedule.json", number=number)
                search.trial_finished(number, status="finished", reason="done", summary={"best_auc": 0.9})
            search.search_summary(metrics={}, note="It won.", winner=1)
        if name == NAMES[0]:
            add_version(store, describe_bundle(tmp_path / "bundle"), 0.5, name="images", run_id=search.run_id(2))
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
