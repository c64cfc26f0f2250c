"""A population that is killed at any instant goes on: each member as its lineage says, no epoch trained twice."""

import json
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import TrialState
from safetensors import safe_open
from safetensors.numpy import save_file

from automl.components import Choice, Float
from automl.search import handover
from automl.search.budget import Limits, StopSignal
from automl.search.folders import checkpoint_of, reports_of
from automl.search.handover import Checkpoints
from automl.search.journal import SingleWriterJournal
from automl.search.population import Population
from automl.search.proposals import Proposals
from automl.search.records import Report, TrialRecord
from automl.search.recovery import recover
from automl.search.samplers import make_sampler
from automl.search.schedulers import Pbt
from automl.search.simulation import SimulatedExecutor, VirtualClock, _Running
from automl.search.state import SearchState
from automl.space import Configuration, Space, SpaceParameter

EPOCHS = 8
MEMBERS = 8
SPACE = Space(
    (
        SpaceParameter("model", Choice("flat", "deep"), "flat"),
        SpaceParameter("training.lr", Float(1e-4, 1.0, log=True), 0.01),
    )
)
History = list[list[Any]]


class Killed(BaseException):
    """The driver is gone."""


def curve(configuration: Configuration) -> list[float]:
    lr = float(str(configuration["training.lr"]))
    return [0.1 * epoch - abs(math.log10(lr) + 1 + epoch / 4) / 20 * epoch for epoch in range(1, EPOCHS + 1)]


class Worker(SimulatedExecutor):
    """Keeps checkpoints as real workers do: in each stands who trained which epoch with which configuration."""

    def __init__(self, folder: Path, trained: list[tuple[int, int]], histories: dict[int, History], workers: int):
        super().__init__(curve, metric="val_accuracy", clock=VirtualClock(), workers=workers)
        self.folder, self.trained, self.histories = folder, trained, histories
        self.configurations: dict[int, Configuration] = {}

    def _start(self, record: TrialRecord) -> _Running:
        self.configurations[record.number] = record.configuration
        return super()._start(record)

    def _report(self, trial: _Running) -> Report:
        report = super()._report(trial)
        self.trained.append((trial.number, trial.epoch))
        path = checkpoint_of(self.folder, trial.number)
        history = _history(path) if path.exists() else []
        history.append([trial.number, trial.epoch, self.configurations[trial.number]])
        earlier = [r.to_json() for r in reports_of(self.folder, trial.number)]
        notes = {"reports": json.dumps([*earlier, report.to_json()]), "history": json.dumps(history)}
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({"x": np.zeros(1)}, path, notes)
        self.histories[trial.number] = history
        return report


def _history(path: Path) -> History:
    with safe_open(path, framework="numpy") as file:
        found: History = json.loads(file.metadata()["history"])
    return found


class Search:
    """One search, run by one driver after the other."""

    def __init__(self, folder: Path, workers: int, trials: int = 2 * MEMBERS) -> None:
        self.folder, self.workers, self.trials = folder, workers, trials
        self.trained: list[tuple[int, int]] = []
        self.histories: dict[int, History] = {}
        folder.mkdir()

    def open(self) -> SearchState:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = JournalStorage(SingleWriterJournal(self.folder / "study.journal"))
        study = optuna.create_study(storage=storage, study_name="s", direction="maximize", load_if_exists=True)
        study.sampler = make_sampler("tpe", SPACE, 0)
        recovered = recover(study, self.folder)
        population = Population(
            Pbt(MEMBERS, 2),
            study,
            SPACE,
            {"training.lr"},
            handover=Checkpoints(self.folder),
            seed=0,
            default=SPACE.default(),
        )
        return SearchState(
            study,
            Proposals(study, SPACE, exhaustive=False, seed=0),
            limits=Limits(self.trials, 5, "val_accuracy"),
            stop=StopSignal(self.folder, None),
            scheduler=population,
            folder=self.folder,
            watchers=[],
            recovered=recovered,
        )

    def run(self) -> SearchState:
        """From opening the study to the end, or until it is killed."""
        state = self.open()
        Worker(self.folder, self.trained, self.histories, self.workers).run(state)
        return state


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """kills["in"] = n: the n-th write from now on, to the journal or of a checkpoint, kills the driver before it or
    halfway; how often it did so where is counted."""
    left = Counter({"in": -1})
    append, copy, replace = SingleWriterJournal.append_logs, handover.shutil.copyfile, handover.os.replace

    def is_over(where: str) -> bool:
        left["in"] -= 1
        left[where] += left["in"] == 0
        return left["in"] == 0

    def appending(self: SingleWriterJournal, logs: list[dict[str, Any]]) -> None:
        if is_over("journal"):
            with self._path.open("ab") as file:
                file.write(json.dumps(logs[0]).encode()[: 20 * (len(json.dumps(logs)) % 2)])
            raise Killed
        append(self, logs)

    def copying(source: Path, target: Path) -> None:
        if is_over("copy"):
            target.write_bytes(source.read_bytes()[:30])
            raise Killed
        copy(source, target)

    def replacing(source: Path, target: Path) -> None:
        if is_over("replace"):
            raise Killed
        replace(source, target)

    monkeypatch.setattr(SingleWriterJournal, "append_logs", appending)
    monkeypatch.setattr(handover.shutil, "copyfile", copying)
    monkeypatch.setattr(handover.os, "replace", replacing)
    return left


def facts(state: SearchState) -> dict[int, Any]:
    return {
        place: (record.line, record.status, record.best, record.epoch)
        for place, record in enumerate(state.records.values())
    }


def by_place(state: SearchState) -> Callable[[int], int]:
    return {record.number: place for place, record in enumerate(state.records.values())}.__getitem__


@pytest.mark.parametrize("workers", [1, 3])
def test_killed_again_and_again_it_is_the_population_of_an_undisturbed_search(
    tmp_path: Path, kills: Counter[str], workers: int
) -> None:
    undisturbed = Search(tmp_path / "whole", workers=2)
    expected = undisturbed.run()
    killed = Search(tmp_path / "killed", workers)
    rng = np.random.default_rng(workers)
    for _ in range(40):
        kills["in"] = int(rng.integers(2, 11))
        with pytest.raises(Killed):
            killed.run()
    kills["in"] = -1
    assert min(kills[where] for where in ("journal", "copy", "replace")) > 0
    state = killed.run()

    assert not [epoch for epoch, count in Counter(killed.trained).items() if count > 1], "an epoch was trained twice"
    assert len(killed.trained) == len(undisturbed.trained) == 2 * MEMBERS * EPOCHS
    one, other = by_place(state), by_place(expected)
    for ours, theirs in zip(state.records.values(), expected.records.values(), strict=True):
        assert (ours.status, ours.best, ours.configuration) == (theirs.status, theirs.best, theirs.configuration)
        line = [(part.since, one(part.number), part.configuration) for part in ours.line]
        assert line == [(part.since, other(part.number), part.configuration) for part in theirs.line]
    check_histories(state, killed.histories)
    assert sum(bool(record.lineage) for record in state.records.values()) >= 4
    check_study(state)


def check_histories(state: SearchState, histories: dict[int, History]) -> None:
    """Each member's last checkpoint was trained as its lineage says."""
    for record in state.records.values():
        parts = [next(p for p in reversed(record.line) if p.since < epoch) for epoch in range(1, EPOCHS + 1)]
        trained = [[part.number, epoch, part.configuration] for epoch, part in enumerate(parts, 1)]
        assert histories[record.number] == trained


def check_study(state: SearchState) -> None:
    """What was proposed is told as what it has reached by itself."""
    for trial in state._study.get_trials():
        if trial.number in state.records:
            record = state.records[trial.number]
            alone = record.epoch if not record.lineage else _first_takeover(state, record)
            assert trial.state == (TrialState.PRUNED if record.lineage else TrialState.COMPLETE)
            assert sorted(trial.intermediate_values) == list(range(1, alone + 1))
            assert list(trial.intermediate_values.values()) == curve(trial.user_attrs["configuration"])[:alone]


def _first_takeover(state: SearchState, record: TrialRecord) -> int:
    rounds = {key: heirs for key, heirs in state._study.user_attrs.items() if key.startswith("round ")}
    return min(int(key.split()[2]) for key, heirs in rounds.items() if str(record.number) in heirs)


def test_what_was_stopped_by_ctrl_c_goes_on_together(tmp_path: Path) -> None:
    whole, broken = Search(tmp_path / "whole", 2), Search(tmp_path / "broken", 2)
    expected = whole.run()

    class Interrupting(Worker):
        def _advance(self, state: SearchState, running: list[_Running]) -> None:
            if len(self.trained) == 37:
                state._stop.request()
                for trial in running:
                    last = Report(trial.epoch, {}, False, state.records[trial.number].merit, "stopped", "interrupted")
                    state.close(trial.number, last)
                running.clear()
                return
            super()._advance(state, running)

    state = broken.open()
    Interrupting(broken.folder, broken.trained, broken.histories, 2).run(state)
    assert {record.reason for record in state.records.values()} == {"interrupted"}, "those that waited, too"
    assert not state.is_held_up and state.ended_by == "interrupted"
    StopSignal(broken.folder, None).clear()
    assert facts(broken.run()) == facts(expected)
    assert max(Counter(broken.trained).values()) == 1


def test_a_member_whose_worker_dies_goes_on_and_the_others_wait_for_it(tmp_path: Path) -> None:
    search = Search(tmp_path / "s", 3, trials=MEMBERS)
    died: set[int] = set()

    class Dying(Worker):
        """Each member's worker dies once, after its third epoch was written and before the driver hears of it."""

        def _advance(self, state: SearchState, running: list[_Running]) -> None:
            if running[0].epoch == 2 and running[0].number not in died:
                died.add(running[0].number)
                running[0].epoch += 1
                self._report(running[0])
                state.close(running.pop(0).number, None)
                running.sort()
                return
            super()._advance(state, running)

    state = search.open()
    Dying(search.folder, search.trained, search.histories, 3).run(state)
    assert facts(state) == facts(Search(tmp_path / "whole", 2, trials=MEMBERS).run())
    assert len(died) == MEMBERS and max(Counter(search.trained).values()) == 1
    check_histories(state, search.histories)


def test_a_checkpoint_that_cannot_be_copied_leaves_the_trial_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(handover.shutil, "copyfile", full)
    search = Search(tmp_path / "s", 2, trials=MEMBERS)
    state = search.run()
    assert not any(record.lineage for record in state.records.values())
    assert {record.status for record in state.records.values()} == {"finished"}
