"""What follows the trials of a search, within its budget: the best are confirmed, the winner is refitted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from automl.search import confirm, refit
from automl.search.budget import StopSignal
from automl.search.confirm import Reserve, Verdict
from automl.search.keep import Kept
from automl.search.records import TrialRecord
from automl.search.refit import Refit

if TYPE_CHECKING:
    from automl.data import Dataset
    from automl.search.reruns import Reruns
    from automl.search.runner import Plan
    from automl.search.watcher import Watcher

Execute = Callable[..., None]
"""execute(trials, data=None, **changes): runs them; on other data than the plan's, with other `Settings`."""


class Finals:
    """Confirmation and refit of one search.

    Args:
        deadline: When all training must have ended, or None.
        stop: The search's: what is still needed here is set aside from its time.
        kept: Makes room on the disk for the refit.
    """

    def __init__(self, plan: Plan, stop: StopSignal, deadline: float | None, kept: Kept) -> None:
        self._plan = plan
        self._kept = kept
        self._stop = stop
        self._budget = None if deadline is None else deadline - plan.started
        self._count = confirm.how_many(plan.experiment, deadline)

    def reserve(self) -> list[Watcher]:
        """What keeps time for it while trials run; nothing where time isn't limited, or not needed."""
        wanted = self._count or self._refits
        return [Reserve(self._stop, self._seconds, max(1, self._count))] if wanted and self._budget else []

    @property
    def _refits(self) -> bool:
        return self._plan.experiment.refit and self._plan.data.folds is None

    def _seconds(self, best: Sequence[TrialRecord]) -> float:
        budget, workers = self._budget or 0.0, self._plan.shares.workers
        confirmed = confirm.affordable(best[: self._count], workers, confirm.SHARE * budget)
        seconds = confirm.seconds_needed(confirmed, workers) if confirmed else 0.0
        if not self._refits:
            return seconds
        longest = max((refit.seconds_needed(trial, self._plan.data) for trial in best), default=0.0)
        return seconds + (longest if longest <= refit.SHARE * budget else 0.0)

    def run(
        self, best: TrialRecord, trials: Collection[TrialRecord], watchers: Sequence[Watcher], execute: Execute
    ) -> tuple[Verdict, Refit | None]:
        """Chooses the winner, and refits it where that is wanted. After Ctrl-C nothing more is trained.

        Args:
            best: The search's own winner.
        """
        plan, own = self._plan, self._plan.space.default()
        default = (t for t in trials if t.configuration == own and confirm.run_weights(plan.folder, t).exists())
        self._stop.set_aside(0)
        verdict = confirm.confirm(
            best,
            trials,
            next(default, None),
            count=self._count,
            workers=plan.shares.workers,
            search=plan.folder,
            stop=self._stop,
            watchers=watchers,
            run=partial(execute, below=confirm.BELOW, constraints=()),
        )
        return verdict, self._refit(verdict, execute) if plan.experiment.refit else None

    def _refit(self, verdict: Verdict, execute: Execute) -> Refit:
        plan = self._plan
        if plan.data.folds is not None:
            return Refit(0, None, "its models have seen all rows already, each all folds but one")

        def train(reruns: Reruns, data: Dataset, repeats: tuple[float, ...]) -> None:
            execute(reruns, data, below=refit.BELOW, constraints=(), repeats=repeats)

        run = verdict.winner.best_run(plan.folder)
        return refit.refit(
            run,
            plan.data,
            plan.metric,
            search=plan.folder,
            stop=self._stop,
            make_room=self._kept.make_room,
            train=train,
        )
