"""A search's state, driven by hand."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna import Study

from automl.search.budget import Limits, StopSignal
from automl.search.folders import weights_of
from automl.search.proposals import Proposals
from automl.search.records import Report, TrialRecord
from automl.search.schedulers import Asha
from automl.search.state import SearchState
from automl.space import Space


class Events:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def trial_recovered(self, record: TrialRecord) -> None:
        self.seen.append(("recovered", record.number))

    def trial_started(self, record: TrialRecord) -> None:
        self.seen.append(("started", record.number))

    def epoch_done(self, record: TrialRecord, report: Report) -> None:
        self.seen.append(("epoch", record.number, report.epoch))

    def trial_finished(self, record: TrialRecord) -> None:
        self.seen.append(("finished", record.number, record.status))


class Search:
    """A state and the parts that it tells."""

    hopeless = 5

    def __init__(self, study: Study, space: Space, folder: Path, limit: int | None = None) -> None:
        self.study = study
        self.folder = folder
        self.events = Events()
        self.stop = StopSignal(folder, None)
        self.state = SearchState(
            study,
            Proposals(study, space, exhaustive=False, seed=0),
            limits=Limits(limit, self.hopeless, "val_accuracy"),
            stop=self.stop,
            scheduler=Asha((2,)),
            folder=folder,
            watchers=[self.events],
        )

    def start(self) -> int:
        """Proposes a trial and writes weights as its worker would."""
        record = self.state.propose()
        assert record is not None
        weights = weights_of(self.folder, record.number)
        weights.parent.mkdir(parents=True)
        weights.write_text(str(record.number))
        return record.number

    def run(self, *values: float, status: Any = "finished", **changes: Any) -> int:
        """Runs a trial that reports these values, the last with the status."""
        number = self.start()
        best = -math.inf
        for epoch, value in enumerate(values, 1):
            is_best, best = value > best, max(best, value)
            last = epoch == len(values)
            report = self.report(epoch, value, best, is_best, status=status if last else "running", **changes)
            if last:
                self.state.close(number, report)
            else:
                self.state.receive(number, report)
        return number

    def report(self, epoch: int, value: float, best: float, is_best: bool = True, **changes: Any) -> Report:
        """Of an epoch."""
        return Report(
            **{
                "epoch": epoch,
                "metrics": {"val_accuracy": value, "train_loss": 1.0},
                "is_best": is_best,
                "merit": (best, -1.0),
                "status": "running",
                "parameters": 10,
                "seconds": 0.5,
                **changes,
            }
        )

    def ended(self, status: Any, reason: str, **changes: Any) -> Report:
        """Of a trial's end without an epoch."""
        return Report(0, {}, False, None, status, reason, **changes)


@pytest.fixture
def make_search(make_study: Callable[..., Study], continuous: Space, tmp_path: Path) -> Callable[..., Search]:
    """make_search(space, limit=None, direction="maximize") -> a search that hasn't begun."""

    def make(space: Space = continuous, limit: int | None = None, direction: str = "maximize") -> Search:
        return Search(make_study(direction), space, tmp_path, limit)

    return make


@pytest.fixture
def search(make_search: Callable[..., Search]) -> Search:
    return make_search()
