"""One line per finished trial, and on a terminal a line that says what runs."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from automl.cli.output import console, duration
from automl.components import Value
from automl.components.domains import text
from automl.config import Experiment
from automl.search.records import Report, TrialRecord
from automl.search.reruns import label, origin
from automl.search.watcher import Watcher


class Progress(Watcher):
    """A watcher for the terminal."""

    def __init__(self, experiment: Experiment) -> None:
        self._metric = experiment.metric
        self._trials = experiment.trials
        self._budget = experiment.time_budget
        self._started = time.monotonic()
        self._best: TrialRecord | None = None
        self._running: dict[int, TrialRecord] = {}
        self._failures: dict[str, int] = {}
        self._done = 0
        self._status = console().status("Preparing the data and starting Ray ...")

    def __enter__(self) -> Self:
        if console().is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def trial_recovered(self, record: TrialRecord) -> None:
        self._done += 1
        self._best = record if record.beats(self._best) else self._best

    def trial_started(self, record: TrialRecord) -> None:
        self._running[record.number] = record
        self._refresh()

    def epoch_done(self, record: TrialRecord, report: Report) -> None:
        self._refresh()

    def trial_took_over(self, record: TrialRecord) -> None:
        former, own = record.line[-2:]
        changed = {name: value for name, value in own.configuration.items() if former.configuration.get(name) != value}
        values = ", ".join(f"{name.removeprefix('training.')} {_short(value)}" for name, value in changed.items())
        line = f"trial {record.number:>3}  goes on from trial {former.number} after epoch {own.since}, with {values}"
        console().print(line, markup=False, soft_wrap=True)
        self._refresh()

    def trial_finished(self, record: TrialRecord) -> None:
        self._running.pop(record.number, None)
        number, seed = origin(record.number)
        better = seed == 1 and record.beats(self._best)
        self._best = record if better else self._best
        self._done += seed == 1
        value = f"{self._metric} {record.best[f'val_{self._metric}']:.4f}" if record.best else "-"
        epochs = f"epoch {record.best_epoch:>2} of {record.epoch:>2}"
        line = f"trial {number:>3}  {record.model:<19} {value:<24} {epochs}"
        mark = "  [bold green]best so far[/]" if better else f"  again, seed {seed}" if seed > 1 else ""
        ended = {"failed": "  [red]failed:[/] ", "stopped": "  stopped: "}.get(record.status, "")
        console().print(f"{line}  {duration(record.seconds):>8}{mark}{ended}", end="")
        console().print(self._reason(record) if ended else "", markup=False, soft_wrap=True)
        self._refresh()

    def _reason(self, record: TrialRecord) -> str:
        """Why it ended; what an earlier one has failed for, too, isn't shown again."""
        if record.status != "failed":
            return record.reason
        first = self._failures.setdefault(record.reason, record.number)
        return record.reason if first == record.number else f"as trial {first}"

    def _refresh(self) -> None:
        limit = f" of {self._trials}" if self._trials else ""
        left = f", {duration(max(0.0, self._budget - (time.monotonic() - self._started)))} left" if self._budget else ""
        live = ", ".join(f"{origin(r.number)[0]} {label(r)} epoch {r.epoch + 1}" for r in self._running.values())
        self._status.update(f"{self._done}{limit} trials done{left}; running: {live}")


def _short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else text(value)
