"""A search on real Ray workers, killed without a word, goes on: nothing lost, nothing twice, MLflow and study agree."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.storages import JournalStorage

from automl.search.journal import SingleWriterJournal
from automl.tracking import open_store

if TYPE_CHECKING:
    from mlflow.entities import Run

pytestmark = pytest.mark.integration

RunAutoml = Callable[..., subprocess.CompletedProcess[str]]
EPOCHS, TRIALS = 4, 120
SEARCH = ["--data", "images", "--models", "mlp", "--trials", str(TRIALS), "--workers", "2", "--scheduler", "none"]
SEARCH += ["--sampler", "random", "--set", f"training.epochs={EPOCHS}"]


@dataclass(frozen=True)
class Searched:
    folder: Path
    before: "Run"
    resumed: subprocess.CompletedProcess[str]

    @property
    def name(self) -> str:
        (search,) = (self.folder / "automl_runs" / "searches").iterdir()
        return search.name

    def runs(self) -> "list[Run]":
        client = open_store(self.folder / "automl_runs").client()
        return list(client.search_runs([client.get_experiment_by_name("images").experiment_id], max_results=5000))

    def trials(self) -> "dict[int, Run]":
        return {int(run.data.tags["automl.number"]): run for run in self.runs() if "automl.number" in run.data.tags}


@pytest.fixture(scope="module")
def searched(
    tmp_path_factory: pytest.TempPathFactory, write_images: Callable[..., Path], run_automl: RunAutoml
) -> Searched:
    """A worker is killed, then all of it, once some trials were in MLflow and others weren't yet; then resumed."""
    folder = tmp_path_factory.mktemp("resume")
    write_images(folder / "images", {"dark": 40, "light": 40})
    command = [str(Path(sys.executable).with_name("automl")), "search", *SEARCH]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOML_", "MLFLOW_", "RAY_"))}
    with subprocess.Popen(
        command, cwd=folder, env=own | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout
        killed: list[int] = []
        for line in process.stdout:
            if line.startswith("trial ") and not killed:
                killed = _training(process.pid)[:1]
                os.kill(killed[0], signal.SIGKILL)
            if killed and _is_heard(folder) and _runs_written(folder / "automl_runs" / "mlflow.db") > 3:
                os.killpg(process.pid, signal.SIGKILL)
                break
    client = open_store(folder / "automl_runs").client()
    runs = client.search_runs([client.get_experiment_by_name("images").experiment_id], max_results=5000)
    (before,) = (run for run in runs if run.data.tags["automl.role"] == "search")
    return Searched(folder, before, run_automl("resume", cwd=folder))


def _training(session: int) -> list[int]:
    """The processes of Ray's workers that have a trial."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            is_own = int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session
            if is_own and (folder / "cmdline").read_bytes().startswith((b"ray::TrialActor", b"ray::ResourceTrainable")):
                found.append(int(folder.name))
    return found


def _is_heard(folder: Path) -> bool:
    """Whether the driver has noticed a worker's death."""
    (journal,) = folder.glob("automl_runs/searches/*/study.journal")
    return b'"deaths"' in journal.read_bytes()


def _runs_written(database: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as store:
            return int(store.execute("select count(*) from runs").fetchone()[0])
    except sqlite3.OperationalError:  # not there, or not yet a store
        return 0


def test_the_search_ends_with_all_its_trials_and_a_winner(searched: Searched) -> None:
    ran = searched.resumed
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"Best of {TRIALS} trials by accuracy on validation ({TRIALS} trials done)" in ran.stdout
    assert "Registered as images version 1" in ran.stdout


def test_no_epoch_is_lost_and_none_is_done_twice(searched: Searched) -> None:
    client = open_store(searched.folder / "automl_runs").client()
    assert len(searched.trials()) == TRIALS
    for run in searched.trials().values():
        steps = [point.step for point in client.get_metric_history(run.info.run_id, "val_accuracy")]
        assert sorted(steps) == list(range(1, EPOCHS + 1)), run.info.run_name
        assert run.info.status == "FINISHED"


def test_the_runs_are_those_that_were_begun(searched: Searched) -> None:
    (search,) = (run for run in searched.runs() if run.data.tags["automl.role"] == "search")
    assert search.info.run_id == searched.before.info.run_id
    assert (search.info.status, search.data.tags["automl.state"]) == ("FINISHED", "finished")
    assert {run.data.tags["mlflow.parentRunId"] for run in searched.trials().values()} == {search.info.run_id}


def test_study_and_store_agree(searched: Searched) -> None:
    journal = searched.folder / "automl_runs" / "searches" / searched.name / "study.journal"
    study = optuna.load_study(study_name=searched.name, storage=JournalStorage(SingleWriterJournal(journal)))
    complete = {trial.number: trial for trial in study.get_trials() if trial.state.name == "COMPLETE"}
    assert complete.keys() == searched.trials().keys()
    assert [trial.user_attrs["deaths"] for trial in complete.values() if "deaths" in trial.user_attrs] == [1]
    for number, run in searched.trials().items():
        assert run.data.metrics["best_accuracy"] == pytest.approx(complete[number].value, abs=1e-6)
        assert complete[number].params.items() >= {"training.lr": float(run.data.params["training.lr"])}.items()


def test_what_has_ended_is_not_resumed_but_may_get_more_budget(searched: Searched, run_here: RunAutoml) -> None:
    ran = run_here("resume", searched.name, cwd=searched.folder)
    assert ran.returncode == 2
    assert f"The search {searched.name} has ended: {TRIALS} trials done." in ran.stderr
    assert f"automl search --continue {searched.name} --trials 50" in " ".join(ran.stderr.split())

    ran = run_here("search", "--continue", searched.name, "--trials", 2, cwd=searched.folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"Best of {TRIALS + 2} trials" in ran.stdout
    assert len(searched.trials()) == TRIALS + 2
