"""A search of thousands of trials: what a trial costs the driver doesn't grow with those before it."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage

import automl
from automl.components import Choice, Float
from automl.search import blend, tpe
from automl.search.budget import Limits, StopSignal
from automl.search.journal import SingleWriterJournal
from automl.search.proposals import Proposals
from automl.search.samplers import make_sampler
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.space import Configuration, Space, SpaceParameter

SPACE = Space(
    (
        SpaceParameter("model", Choice("one", "two"), "one"),
        SpaceParameter("x", Float(0.0, 1.0), 0.5),
        SpaceParameter("y", Float(0.0, 1.0), 0.5, (("model", ("two",)),)),
    )
)
CODE = str(Path(automl.__file__).parent)


def curve(configuration: Configuration) -> list[float]:
    return [float(str(configuration["x"])) * epoch for epoch in range(1, 10)]


def calls_of(folder: Path, sampler: str, scheduler: str, trials: int) -> int:
    """How often functions of automl are entered, generators at each step."""
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename.startswith(CODE)

    folder.mkdir()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    clock = VirtualClock()
    storage = JournalStorage(SingleWriterJournal(folder / "study.journal"))
    study = optuna.create_study(direction="maximize", sampler=make_sampler(sampler, SPACE, 0), storage=storage)
    state = SearchState(
        study,
        Proposals(study, SPACE, exhaustive=False, seed=0),
        limits=Limits(trials, 5, "val_accuracy"),
        stop=StopSignal(folder, None, clock),
        scheduler=make_scheduler(scheduler, 9),
        folder=folder,
        watchers=[],
    )
    executor = SimulatedExecutor(curve, metric="val_accuracy", clock=clock, workers=3)
    sys.setprofile(count)
    try:
        executor.run(state)
    finally:
        sys.setprofile(None)
    assert len(state.records) == trials
    return calls


@pytest.mark.parametrize(
    ("sampler", "scheduler"), [("random", "asha"), ("random", "median"), ("tpe", "hyperband"), ("blend", "asha")]
)
def test_twice_as_many_trials_cost_twice_as_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sampler: str, scheduler: str
) -> None:
    monkeypatch.setattr(tpe, "OTHERS_AT_MOST", 20)
    monkeypatch.setattr(blend, "HANDOVER", 20)
    some, all_ = (calls_of(tmp_path / str(n), sampler, scheduler, n) for n in (150, 300))
    assert all_ < 2.2 * some
