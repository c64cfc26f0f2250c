"""When a search ends: by trials, by wall-clock, by the user, or because nothing works."""

import math
import os
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from automl.config import Experiment
from automl.errors import SearchPaused
from automl.search.clock import Moment, machine
from automl.search.folders import paused
from automl.search.records import INTERRUPTED, TIME_BUDGET, TOO_SLOW, TrialRecord

RESERVE_SHARE = 0.1
RESERVE_AT_MOST = 18.0
RESERVE_FOR_TEXTS = 60.0
"""Part of the time budget, and seconds, kept for the test of the winner and its registration. Of texts they are more:
what is tested reads the test split by encoders, and classes are many."""

RESERVE_LIKE_START = 0.3
"""As a part of the time that the preparation took: on a busy machine both take longer. What is kept at the least."""

GRACE = 3.0
"""Seconds after the deadline that a trial has to notice it; then its worker is ended, in the middle of a batch."""

FIRST_SECONDS = 5.0
PACE_KNOWN = 10.0
"""Seconds of training after which a trial's pace tells when it will be done."""


TOO_OFTEN = 2
"""Trials of a model that were too slow, after which it isn't proposed any more."""


def too_slow(elapsed: float, progress: float, left: float) -> str | None:
    """Why a trial isn't worth going on with: at its pace the time budget ends before its schedule does.

    Args:
        elapsed: Seconds that it has trained.
        progress: Part of its epochs done, 0 to 1.
        left: Seconds until the deadline.
    """
    if elapsed < PACE_KNOWN or progress <= 0:
        return None
    needed = elapsed / progress - elapsed
    return f"{TOO_SLOW}: {needed:.0f} s to go, {max(0.0, left):.0f} s left" if needed > left else None


def hopeless(records: Collection[TrialRecord]) -> set[str]:
    """The models of which no trial was finished, and `TOO_OFTEN` were too slow: the time that is left only gets
    shorter."""
    slow = Counter(record.model for record in records if record.reason.startswith(TOO_SLOW))
    often = {model for model, trials in slow.items() if trials >= TOO_OFTEN}
    return often and often - {record.model for record in records if record.status == "finished"}


class Pace:
    """How fast a trial trains, its first seconds apart: in them much is done that isn't done again.

    Args:
        clock: Gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._mark: tuple[float, float] | None = None

    def too_slow(self, progress: float, left: float) -> str | None:
        """See `too_slow`; called again and again while the trial goes on."""
        now = self._clock()
        if self._mark is None:
            self._mark = (now, progress) if now - self._begun >= FIRST_SECONDS else None
            return None
        since, done = self._mark
        return too_slow(now - since, (progress - done) / max(1e-9, 1 - done), left)


class StopSignal:
    """Why running trials should stop, read by workers within an epoch: a file, because they are other processes.

    Args:
        deadline: Time by `clock` at which trials stop, or None.
        clock: Gives the time in seconds.
    """

    def __init__(self, folder: Path, deadline: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._file = folder / "stop"
        self._kept = folder / "set-aside"
        self._deadline = deadline
        self._clock = clock
        self.paused: SearchPaused | None = None
        """What has to be mended before the search can go on, and how."""

    def request(self) -> None:
        """Asks all trials to stop at their next batch."""
        self._file.touch()

    def pause(self, why: str, hint: str = "Make room, then:") -> None:
        """Asks all trials to stop at their next batch, and to go on when the search is resumed."""
        self.paused = self.paused or paused(self._folder, why, hint)
        with suppress(OSError):  # a full disk; then each trial comes upon it by itself
            self.request()

    def set_aside(self, seconds: float) -> None:
        """Brings the deadline forward, to keep so much time for what follows the trials."""
        temporary = self._kept.with_suffix(".tmp")
        temporary.write_text(str(seconds))
        os.replace(temporary, self._kept)

    @property
    def seconds_left(self) -> float:
        """Until the deadline; infinite without one."""
        return math.inf if self._deadline is None else self._deadline - self._set_aside - self._clock()

    @property
    def is_overdue(self) -> bool:
        """Whether the deadline has passed so long ago that no trial should be running any more."""
        return self.seconds_left < -GRACE

    @property
    def moment(self) -> Moment | None:
        """The deadline for another process, which reads itself what is set aside."""
        if self._deadline is None:
            return None
        return Moment(self._deadline, self._deadline - self._clock(), machine())

    @property
    def _set_aside(self) -> float:
        try:
            return float(self._kept.read_text())
        except FileNotFoundError:
            return 0.0

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)
        self._kept.unlink(missing_ok=True)

    def reason(self) -> str | None:
        """Why to stop now, or None."""
        if self.seconds_left <= 0:
            return TIME_BUDGET
        return INTERRUPTED if self.paused or self._file.exists() else None


def deadline_of(started: float, experiment: Experiment, preparation: float = 0.0) -> float | None:
    """The time by which training must end for the whole search to end within its budget of time and money.

    Args:
        preparation: Seconds from `started` to the first trial.
    """
    budgets = [experiment.time_budget] if experiment.time_budget else []
    if experiment.cost_budget and experiment.cost_per_hour:
        budgets.append(3600 * experiment.cost_budget / experiment.cost_per_hour)
    if not budgets:
        return None
    reserve = max(RESERVE_SHARE * min(budgets), RESERVE_LIKE_START * preparation)
    return started + min(budgets) - min(RESERVE_FOR_TEXTS if experiment.is_text else RESERVE_AT_MOST, reserve)


@dataclass(frozen=True)
class Limits:
    """What ends a search besides time; the first one that is reached does.

    Args:
        trials: So many have begun.
        target: The best trial's metric is so good.
        patience: So many trials have ended since the best one, or since the start where none may win.
        max_failures: So many trials have failed and none has succeeded: one cause, most likely.
        metric: Key of the metric in a record's figures.
        minimize: Whether the smallest value is the best.
    """

    trials: int | None
    max_failures: int
    metric: str
    target: float | None = None
    patience: int | None = None
    minimize: bool = False

    def reached(self, records: Collection[TrialRecord], best: TrialRecord | None) -> str:
        """Which one is reached, for a person; "" for none."""
        if self.trials is not None and len(records) >= self.trials:
            return f"{self.trials} trials done"
        if all(record.status in ("running", "failed") for record in records):  # of many the first one says no
            causes = [record.reason for record in records if record.status == "failed"]
            if len(causes) >= self.max_failures:
                return f"the first {len(causes)} trials all failed" + (f": {causes[0]}" if len({*causes}) == 1 else "")
        if best and self.target is not None:
            value = best.best[self.metric]
            if value <= self.target if self.minimize else value >= self.target:
                return f"the target of {self.target:g} is reached"
        since = best.number if best else -1
        if self.patience is not None and self.patience <= sum(
            record.number > since and record.status != "running" for record in records
        ):
            return f"no better in {self.patience} trials"
        return ""
