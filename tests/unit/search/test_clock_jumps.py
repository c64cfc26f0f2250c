"""The wall clock is set in the middle of a search: by an hour back, as when summer time ends, or by a day ahead."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest

from automl.search.budget import Limits, StopSignal
from automl.search.clock import UsedTime, used_time
from automl.search.journal import SingleWriterJournal
from automl.search.proposals import Proposals
from automl.search.recording import Recorder
from automl.search.records import TrialRecord
from automl.search.recovery import recover
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.search.watcher import Watcher
from automl.space import Space
from automl.tracking import Tracker, update, writer
from automl.tracking.recorded import RecordedRun
from automl.tracking.update import RunUpdate

HOUR, DAY = 3600.0, 86400.0
EPOCHS, SECONDS, BUDGET = 3, 10.0, 200.0
BEGAN = 1.8e9
"""What the wall clock says at first."""


@dataclass
class World:
    """Time as the search sees it: a virtual clock that nobody sets, and a wall clock."""

    folder: Path
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(5000.0))
    jumped: float = 0.0
    posted: list[tuple[int, RunUpdate]] = field(default_factory=list)

    def wall(self) -> float:
        return BEGAN + self.clock.now + self.jumped

    def post(self, number: int, update: RunUpdate) -> None:
        self.posted.append((number, update))

    @property
    def times(self) -> list[int]:
        """Those that MLflow is told, in the order of telling."""
        found: list[int] = []
        for number, told in self.posted:
            first = number not in (seen for seen, _ in self.posted[: self.posted.index((number, told))])
            found += [told.created] if first else []
            found += [point[2] for point in told.metrics]
            found += [told.ended[1]] if told.ended else []
        return found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    monkeypatch.setattr(time, "time", made.wall)
    monkeypatch.setattr(time, "time_ns", lambda: int(made.wall() * 1e9))
    monkeypatch.setattr(time, "monotonic", made.clock)
    monkeypatch.setattr(time, "monotonic_ns", lambda: int(made.clock.now * 1e9))
    outbox = SimpleNamespace(post=made.post, start=lambda: None, take_dropped=list)
    monkeypatch.setattr(writer, "Outbox", lambda *_, **__: outbox)
    return made


class After(Watcher):
    """Does something once so many trials have ended."""

    def __init__(self, trials: int, act: Callable[[], None]) -> None:
        self.left, self.act = trials, act

    def trial_finished(self, record: TrialRecord) -> None:
        self.left -= 1
        if not self.left:
            self.act()


def run(world: World, space: Space, *watchers: Watcher, runs: dict[int, RecordedRun] | None = None) -> SearchState:
    """A new process that begins the search, or goes on with it."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    update.now.__init__()  # type: ignore[misc]  # what a new process does
    folder, clock = world.folder, world.clock
    started = clock.now - used_time(folder)
    storage = optuna.storages.JournalStorage(SingleWriterJournal(folder / "study.journal"))
    study = optuna.create_study(storage=storage, study_name="s", direction="maximize", load_if_exists=True)
    study.sampler = optuna.samplers.RandomSampler(seed=0)
    keys: dict[str, Any] = {"experiment": "x", "search": "s", "description": "d", "params": {}, "tags": {}}
    tracker = Tracker(SimpleNamespace(), **keys, metric="accuracy", minimize=False, runs=runs)  # type: ignore[arg-type]
    plan: Any = SimpleNamespace(
        folder=folder,
        metric=SimpleNamespace(name="accuracy"),
        components=[SimpleNamespace(key=("model", "b"), provenance="here")],
        experiment=SimpleNamespace(scheduler=None),
    )
    state = SearchState(
        study,
        Proposals(study, space, exhaustive=False, seed=0),
        limits=Limits(None, 5, "val_accuracy"),
        stop=StopSignal(folder, started + BUDGET, clock),
        scheduler=make_scheduler("none", EPOCHS),
        folder=folder,
        watchers=[Recorder(tracker, plan), UsedTime(folder, started, clock), *watchers],
        recovered=recover(study, folder),
    )
    training = SimulatedExecutor(
        lambda _: [0.5, 0.6, 0.7], metric="val_accuracy", clock=clock, workers=2, seconds=lambda _: SECONDS
    )
    training.run(state)
    return state


@pytest.mark.parametrize("jump", [0.0, -HOUR, DAY])
def test_the_budget_and_the_order_of_times_stay_right(world: World, continuous: Space, jump: float) -> None:
    began = world.clock.now
    state = run(world, continuous, After(4, lambda: setattr(world, "jumped", jump)))
    assert state.ended_by == "time budget"
    assert world.clock.now == began + BUDGET + SECONDS == began + used_time(world.folder), "the epoch that ran then"
    assert len(state.records) == 2 * (1 + BUDGET // (EPOCHS * SECONDS))
    assert world.times == sorted(world.times)
    assert world.times[-1] - world.times[0] == 1000 * (BUDGET + SECONDS)


@pytest.mark.parametrize("jump", [0.0, -HOUR, DAY])
def test_a_search_that_is_resumed_goes_on_with_the_budget_it_had(world: World, continuous: Space, jump: float) -> None:
    def kill() -> None:
        world.jumped = jump
        raise KeyboardInterrupt

    began = world.clock.now
    with pytest.raises(KeyboardInterrupt):
        run(world, continuous, After(4, kill))
    assert used_time(world.folder) == world.clock.now - began == 2 * EPOCHS * SECONDS
    before = RecordedRun("run", ended=True, latest=world.times[-1])
    state = run(world, continuous, runs={0: before})
    assert state.ended_by == "time budget"
    assert world.clock.now == began + BUDGET + SECONDS
    assert len(state.records) == 2 * (1 + BUDGET // (EPOCHS * SECONDS))
    assert world.times == sorted(world.times)
