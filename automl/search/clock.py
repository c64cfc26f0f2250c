"""How long a search has run, whatever becomes of the wall clock, which is set, put an hour on or back, suspended.

Times are by `time.monotonic()`, which all processes of a machine share until it is started anew.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from automl.files import replacing
from automl.search.records import Report, TrialRecord
from automl.search.watcher import Watcher

FILE = "used"

EVERY = 1.0
"""Seconds between two notes: so much of a time budget a kill may give back."""


@cache
def machine() -> str:
    """This machine since its start: processes to which it is the same share a monotonic clock."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return platform.node()


@dataclass(frozen=True)
class Moment:
    """A moment to come, as it is sent to another process.

    Args:
        at: By the sender's clock.
        left: Seconds until then, when it was sent.
        machine: The sender's.
    """

    at: float
    left: float
    machine: str

    def here(self) -> float:
        """When it is by the clock of this process; on another machine it counts from now on."""
        return self.at if self.machine == machine() else time.monotonic() + self.left


class UsedTime(Watcher):
    """A watcher that notes in a search's folder how long the search has run: what a break doesn't count in.

    Args:
        started: When it would have begun, had it run without a break.
    """

    def __init__(self, folder: Path, started: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = folder / FILE
        self._started = started
        self._clock = clock
        self._noted = started

    def trial_started(self, record: TrialRecord) -> None:
        self._note()

    def epoch_done(self, record: TrialRecord, report: Report) -> None:
        self._note()

    def trial_finished(self, record: TrialRecord) -> None:
        self._note()

    def _note(self) -> None:
        now = self._clock()
        if now - self._noted < EVERY:
            return
        self._noted = now
        with replacing(self._file) as temporary:
            temporary.write_text(f"{now - self._started:.3f}")


def used_time(folder: Path) -> float:
    """Seconds that a search has run, breaks not counted."""
    file = folder / FILE
    return float(file.read_text()) if file.exists() else 0.0
