"""The study's storage goes away while a search runs: trials go on, nothing is lost, and none is begun unsaved."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna import Study
from sqlalchemy.exc import OperationalError

from automl.errors import Notice
from automl.search import connection, database
from automl.search.budget import Limits, StopSignal
from automl.search.connection import connect, transaction
from automl.search.database import DatabaseStorage
from automl.search.folders import checkpoint_of
from automl.search.proposals import Proposals
from automl.search.records import Report, TrialRecord
from automl.search.recovery import recover
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock, _Running
from automl.search.state import SearchState
from automl.search.storage import PATIENCE, Storage
from automl.space import Space

EPOCHS = 20


class Told:
    """A watcher that keeps when it heard of what."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.started: list[float] = []
        self.finished: list[float] = []

    def trial_recovered(self, record: TrialRecord) -> None: ...
    def epoch_done(self, record: TrialRecord, report: Report) -> None: ...

    def trial_started(self, record: TrialRecord) -> None:
        self.started.append(self.clock.now)

    def trial_finished(self, record: TrialRecord) -> None:
        self.finished.append(self.clock.now)


class Executor(SimulatedExecutor):
    """Notes what is trained, and tells of each epoch."""

    def __init__(self, clock: VirtualClock, workers: int, each: Callable[[], None] = lambda: None) -> None:
        curve = [epoch / EPOCHS for epoch in range(1, EPOCHS + 1)]
        super().__init__(lambda _: curve, metric="val_accuracy", clock=clock, workers=workers)
        self.trained: list[tuple[int, int]] = []
        self.each = each

    def _report(self, trial: _Running) -> Report:
        self.trained.append((trial.number, trial.epoch))
        self.each()
        return super()._report(trial)


def open_state(study: Study, space: Space, folder: Path, storage: Storage, told: Told | None = None) -> SearchState:
    return SearchState(
        study,
        Proposals(study, space, exhaustive=True, seed=0),
        limits=Limits(None, 5, "val_accuracy"),
        stop=StopSignal(folder, None),
        scheduler=make_scheduler("none", EPOCHS),
        folder=folder,
        watchers=[told] if told else [],
        recovered=recover(study, folder),
        storage=storage,
    )


class Absent(Storage):
    """Away for some time."""

    def __init__(self, clock: VirtualClock, since: float, until: float) -> None:
        self.clock, self.since, self.until = clock, since, until

    def save(self) -> bool:
        return not self.since <= self.clock.now < self.until

    @property
    def is_lost(self) -> bool:
        return not self.save() and self.clock.now - self.since >= PATIENCE


def test_trials_go_on_meanwhile_and_are_told_as_ended_when_it_is_back(
    tmp_path: Path, finite: Space, make_study: Callable[..., Study]
) -> None:
    clock = VirtualClock()
    told, executor = Told(clock), Executor(clock, 2)
    state = open_state(make_study(), finite, tmp_path, Absent(clock, 5, 65), told)
    executor.run(state)
    assert told.started == [0, 0, 65, 65, 85, 85], "none began unsaved"
    assert told.finished == [65, 65, 85, 85, 105, 105]
    assert len(executor.trained) == 6 * EPOCHS and state.ended_by == "the space is exhausted"
    assert [record.epoch for record in state.records.values()] == [EPOCHS] * 6


def test_what_a_trial_goes_on_from_stays_until_its_end_is_saved(
    tmp_path: Path, finite: Space, make_study: Callable[..., Study]
) -> None:
    clock = VirtualClock()
    storage = Absent(clock, 5, 65)
    state = open_state(make_study(), finite, tmp_path, storage)
    record = state.propose()
    assert record is not None
    checkpoint = checkpoint_of(tmp_path, record.number)
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    clock.now = 10
    state.close(record.number, Report(1, {}, False, None, "stopped", "time budget"))
    assert checkpoint.exists() and state.propose() is None and state.is_held_up
    clock.now = 65
    assert state.propose() is not None and not state.is_held_up
    assert not checkpoint.exists()


def test_a_search_whose_storage_stays_away_ends_and_goes_on_later_without_a_loss(
    tmp_path: Path, finite: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    clock, url = VirtualClock(), f"sqlite:///{tmp_path / 'study.db'}"

    def refused(_: object) -> None:
        if clock.now >= 25:
            raise OperationalError("BEGIN", {}, Exception("connection refused"))
        return transaction(_)

    def drive(told: Told, executor: Executor) -> SearchState:
        storage = DatabaseStorage(connect(url), "s", ["maximize"], clock=clock)
        study = optuna.load_study(study_name="s", storage=storage.memory)
        state = open_state(study, finite, tmp_path, storage, told)
        executor.run(state)
        return state

    monkeypatch.setattr(database, "transaction", refused)
    told, first = Told(clock), Executor(clock, 2)
    with pytest.warns(Notice, match="away .connection refused"):
        lost = drive(told, first)
    assert lost.ended_by == "interrupted" and not lost.save()
    assert lost._stop.paused is not None and "storage sqlite" in lost._stop.paused.message
    assert told.started == [0, 0, 20, 20] and told.finished == [20, 20]
    assert 25 + PATIENCE <= clock.now <= 45 + PATIENCE

    monkeypatch.setattr(database, "transaction", transaction)
    StopSignal(tmp_path, None).clear()
    second = Executor(clock, 2)
    state = drive(Told(clock), second)
    trained = Counter(first.trained + second.trained)
    assert len(trained) == 6 * EPOCHS and set(trained.values()) == {1}, "no epoch is missing or twice"
    assert len({str(record.configuration) for record in state.records.values()}) == 6


@pytest.mark.parametrize(("goes", "comes"), [("stop", "start"), ("freeze", "thaw")])
def test_a_server_that_is_stopped_or_hangs_is_caught_up_with_when_it_is_back(
    tmp_path: Path,
    finite: Space,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    goes: str,
    comes: str,
) -> None:
    monkeypatch.setattr(connection, "ANSWER", 1.0)
    server = request.getfixturevalue("postgres")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    clock, name = VirtualClock(), str(tmp_path)
    storage = DatabaseStorage(connect(server.url), name, ["maximize"], clock=clock)
    study = optuna.load_study(study_name=name, storage=storage.memory)
    done = 0

    def each() -> None:
        nonlocal done
        done += 1
        if done == 50:
            getattr(server, goes)()
        if done == 59:  # when the first of three trials couldn't be saved
            getattr(server, comes)()

    executor = Executor(clock, 3, each)
    state = open_state(study, finite, tmp_path, storage)
    with pytest.warns(Notice, match="is back"):
        executor.run(state)
    assert state.save() and len(executor.trained) == 6 * EPOCHS
    kept = optuna.load_study(study_name=name, storage=connect(server.url)).get_trials()
    assert [len(trial.intermediate_values) for trial in kept] == [EPOCHS] * 6
