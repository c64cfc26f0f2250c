"""A search that is killed at any instant goes on: nothing is lost, nothing is done twice."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import TrialState
from safetensors.numpy import save_file

from automl.components import Choice, Float, Int
from automl.errors import UserError
from automl.evaluation.constraint import Constraint
from automl.search import state as state_module
from automl.search.budget import Limits, StopSignal
from automl.search.connection import connect
from automl.search.database import DatabaseStorage
from automl.search.folders import add_report, checkpoint_of, held, is_current, reports_of
from automl.search.journal import SingleWriterJournal
from automl.search.objectives import Objectives
from automl.search.proposals import Proposals
from automl.search.records import INTERRUPTED, Report
from automl.search.recovery import recover
from automl.search.samplers import make_sampler
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock, _Running
from automl.search.state import SearchState
from automl.space import Configuration, Space, SpaceParameter

pytestmark = pytest.mark.filterwarnings("ignore:The last line of")

EPOCHS = 6
GRID = Space(
    (
        SpaceParameter("model", Choice("flat", "deep"), "flat"),
        SpaceParameter("x", Float(0.0, 1.0, step=0.25), 0.5),
        SpaceParameter("depth", Int(1, 2), 1, (("model", ("deep",)),)),
    )
)


ONE = Objectives("val_accuracy")
TWO = Objectives("val_accuracy", also=("latency_ms",))
LIMITED = Objectives("val_accuracy", constraints=(Constraint("latency_ms", True, 2.5), Constraint("auc", False, 0.6)))


class Killed(BaseException):
    """The driver is gone."""


def curve(configuration: Configuration) -> list[float]:
    x, depth = float(str(configuration["x"])), int(str(configuration.get("depth", 0)))
    return [(1 - (x - 0.3) ** 2) * epoch / EPOCHS + 0.01 * depth for epoch in range(1, EPOCHS + 1)]


def figures(configuration: Configuration) -> dict[str, float]:
    depth = int(str(configuration.get("depth", 0)))
    return {"latency_ms": 1.0 + depth, "parameters": 10.0, "val_auc": 0.5 + 0.2 * depth}


class Worker(SimulatedExecutor):
    """Notes each epoch as a real worker does, before the driver hears of it."""

    def __init__(self, folder: Path, trained: list[tuple[int, int]], **arguments: Any) -> None:
        super().__init__(curve, metric="val_accuracy", clock=VirtualClock(), figures=figures, **arguments)
        self.folder, self.trained = folder, trained

    def _report(self, trial: _Running) -> Report:
        report = super()._report(trial)
        self.trained.append((trial.number, trial.epoch))
        path = checkpoint_of(self.folder, trial.number)
        path.parent.mkdir(parents=True, exist_ok=True)
        earlier = [r.to_json() for r in reports_of(self.folder, trial.number)]
        save_file({"x": np.zeros(1)}, path, {"reports": json.dumps([*earlier, report.to_json()])})
        return report


def open_state(folder: Path, scheduler: str = "none", by: Objectives = ONE, url: str | None = None) -> SearchState:
    """What one driver goes on from."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    database = DatabaseStorage(connect(url), f"{folder}", by.directions) if url else None
    storage = database.memory if database else JournalStorage(SingleWriterJournal(folder / "study.journal"))
    name = f"{folder}" if url else "s"
    study = optuna.create_study(storage=storage, study_name=name, directions=by.directions, load_if_exists=True)
    study.sampler = make_sampler("grid", GRID, 0)
    recovered = recover(study, folder)
    return SearchState(
        study,
        Proposals(study, GRID, exhaustive=True, seed=0),
        limits=Limits(None, 5, "val_accuracy"),
        stop=StopSignal(folder, None),
        scheduler=make_scheduler(scheduler, EPOCHS),
        folder=folder,
        watchers=[],
        objectives=by,
        recovered=recovered,
        storage=database,
    )


def run(
    folder: Path,
    trained: list[tuple[int, int]],
    scheduler: str,
    workers: int,
    by: Objectives = ONE,
    url: str | None = None,
) -> SearchState:
    """One driver, from opening the study to the end (or until it is killed)."""
    state = open_state(folder, scheduler, by, url)
    Worker(folder, trained, workers=workers).run(state)
    return state


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """{"in": n}: the n-th write from now on kills the driver, every other time in the middle of a line."""
    left = {"in": -1}
    append, note = SingleWriterJournal.append_logs, state_module.add_report

    def unheard(search: Path, number: int, report: Report) -> None:
        left["in"] -= 1
        if left["in"] == 0:
            raise Killed
        note(search, number, report)

    def dying(self: SingleWriterJournal, logs: list[dict[str, Any]]) -> None:
        left["in"] -= 1
        if left["in"] == 0:
            raise Killed
        if left["in"] == 1 and len(logs) % 2:
            left["in"] = 0
            with self._path.open("ab") as file:
                file.write(json.dumps(logs[0]).encode()[:20])
            raise Killed
        append(self, logs)

    monkeypatch.setattr(SingleWriterJournal, "append_logs", dying)
    monkeypatch.setattr(state_module, "add_report", unheard)
    save = DatabaseStorage.save

    def dying_save(self: DatabaseStorage) -> bool:
        left["in"] -= 1
        if left["in"] == 0:
            raise Killed
        saved = save(self)
        if left["in"] == 1 and len(self._rows) % 2:
            left["in"] = 0
            raise Killed
        return saved

    monkeypatch.setattr(DatabaseStorage, "save", dying_save)
    return left


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'study.db'}"
    return str(request.getfixturevalue("postgres").url)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    ("by", "scheduler"),
    [(ONE, "none"), (ONE, "asha"), (LIMITED, "none"), (LIMITED, "asha"), (TWO, "none")],
    ids=["one", "one-asha", "constraints", "constraints-asha", "two"],
)
def test_killed_twenty_times_in_a_row_it_gives_the_trials_of_an_undisturbed_search(
    tmp_path: Path, kills: dict[str, int], by: Objectives, scheduler: str, workers: int
) -> None:
    check_killed(tmp_path, kills, 20, scheduler, workers, by)


@pytest.mark.parametrize(("by", "scheduler"), [(LIMITED, "asha"), (TWO, "none")], ids=["constraints-asha", "two"])
def test_killed_in_a_row_it_gives_the_same_with_its_study_in_a_database(
    tmp_path: Path, kills: dict[str, int], by: Objectives, scheduler: str, url: str
) -> None:
    check_killed(tmp_path, kills, 6, scheduler, 3, by, url)


def check_killed(
    tmp_path: Path,
    kills: dict[str, int],
    times: int,
    scheduler: str,
    workers: int,
    by: Objectives,
    url: str | None = None,
) -> None:
    """What is killed so many times comes to the same as what isn't."""
    whole: list[tuple[int, int]] = []
    (tmp_path / "whole").mkdir()
    undisturbed = run(tmp_path / "whole", whole, scheduler, workers, by)

    rng = np.random.default_rng(0)
    trained: list[tuple[int, int]] = []
    folder = tmp_path / "killed"
    folder.mkdir()
    deaths = 0
    while deaths < times:
        kills["in"] = int(rng.integers(1, 12))
        with pytest.raises(Killed):
            run(folder, trained, scheduler, workers, by, url)
        deaths += 1
    kills["in"] = -1
    state = run(folder, trained, scheduler, workers, by, url)

    assert not [epoch for epoch, count in Counter(trained).items() if count > 1], "an epoch was trained twice"
    found = {str(r.configuration): (r.status, r.best, r.broken) for r in state.records.values()}
    expected = {str(r.configuration): (r.status, r.best, r.broken) for r in undisturbed.records.values()}
    assert found.keys() == expected.keys() and len(state.records) == len(expected) == 15
    if scheduler == "none":
        assert found == expected and len(trained) == len(whole)
    assert state.best is not None and undisturbed.best is not None
    assert state.best.configuration == undisturbed.best.configuration
    for trial in state._study.get_trials():
        if trial.number in state.records:
            record = state.records[trial.number]
            assert [r.epoch for r in reports_of(folder, trial.number)] == list(range(1, record.epoch + 1))
            assert trial.state == (TrialState.COMPLETE if record.status == "finished" else TrialState.PRUNED)
            assert sorted(trial.intermediate_values) == (list(range(1, record.epoch + 1)) if by is not TWO else [])
            assert trial.constraints == by.violations(record) and len(trial.constraints) == len(by.constraints)
            if record.status == "finished":
                assert trial.values == by.values(record)
    assert {bool(record.broken) for record in state.records.values()} == {False} | {by is LIMITED}


def test_a_trial_whose_worker_has_died_has_no_more_tries_after_the_driver_was_killed(tmp_path: Path) -> None:
    first = open_state(tmp_path)
    record = first.propose()
    assert record is not None
    first.close(record.number, None)
    for state in (open_state(tmp_path), open_state(tmp_path)):  # both drivers are killed before it ends
        record = state.propose()
        assert record is not None and (record.number, record.deaths, record.status) == (0, 1, "running")
    state.close(0, None)
    assert state.records[0].reason.startswith("the worker process died again")


def test_a_trial_that_ctrl_c_stopped_goes_on(tmp_path: Path) -> None:
    class Interrupting(Worker):
        def _advance(self, state: SearchState, running: list[_Running]) -> None:
            if len(self.trained) == 3:
                number = running.pop().number
                state._stop.request()
                last = reports_of(self.folder, number)[-1]
                state.close(number, Report(3, {}, False, last.merit, "stopped", INTERRUPTED))
                return
            super()._advance(state, running)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trained: list[tuple[int, int]] = []
    original = Worker
    try:
        globals()["Worker"] = Interrupting
        first = run(tmp_path, trained, "none", 1)
    finally:
        globals()["Worker"] = original
    assert [record.reason for record in first.records.values()] == [INTERRUPTED]
    assert first.best is first.records[0], "it counts with its best epoch until then"
    StopSignal(tmp_path, None).clear()
    second = run(tmp_path, trained, "none", 1)
    assert second.records[0].status == "finished" and second.records[0].epoch == EPOCHS
    assert max(Counter(trained).values()) == 1


def test_reports_of_driver_and_worker_are_put_together_and_a_torn_line_is_dropped(tmp_path: Path) -> None:
    reports = [Report(epoch, {"val_accuracy": 0.1 * epoch}, True, (0.1 * epoch, 0.0), "running") for epoch in (1, 2, 3)]
    for report in reports[:2]:
        add_report(tmp_path, 7, report)
    with (tmp_path / "trials" / "0007" / "reports.jsonl").open("a") as file:
        file.write('{"epoch": 3, "metr')
    assert reports_of(tmp_path, 7) == reports[:2]
    add_report(tmp_path, 7, reports[2])
    assert reports_of(tmp_path, 7) == reports, "the resumed driver writes on behind it"
    save_file({"x": np.zeros(1)}, checkpoint_of(tmp_path, 7), {"reports": json.dumps([r.to_json() for r in reports])})
    assert reports_of(tmp_path, 7) == reports


def test_a_second_driver_is_refused_and_the_first_one_s_workers_are_told_apart(tmp_path: Path) -> None:
    with held(tmp_path) as run_token:
        assert is_current(tmp_path, run_token)
        with pytest.raises(UserError, match=f"The search {tmp_path.name} is running"), held(tmp_path):
            pass
        assert is_current(tmp_path, run_token), "the refused one changed nothing"
    with held(tmp_path) as later:
        assert is_current(tmp_path, later) and not is_current(tmp_path, run_token)
