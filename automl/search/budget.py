"""When a search ends: by trials, by wall-clock, by the user, or because nothing works."""

import time
from pathlib import Path

from automl.search.records import INTERRUPTED, TIME_BUDGET

RESERVE_SHARE = 0.05
RESERVE_AT_MOST = 10.0
"""Part of the time budget, in seconds, kept for the test of the winner and its registration."""

HOPELESS = 5
"""Failures without a single success after which a search gives up: one cause, most likely."""


class StopSignal:
    """Why running trials should stop, read by workers within an epoch: a file, because they are other processes.

    Args:
        deadline: Wall-clock time (seconds since 1970) at which trials stop, or None.
    """

    def __init__(self, folder: Path, deadline: float | None) -> None:
        self._file = folder / "stop"
        self._deadline = deadline

    def request(self) -> None:
        """Asks all trials to stop at their next batch."""
        self._file.touch()

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)

    def reason(self) -> str | None:
        """Why to stop now, or None."""
        if self._deadline is not None and time.time() >= self._deadline:
            return TIME_BUDGET
        return INTERRUPTED if self._file.exists() else None


def deadline_of(started: float, time_budget: float | None) -> float | None:
    """When training must end for the whole search to end within its budget."""
    if time_budget is None:
        return None
    return started + time_budget - min(RESERVE_AT_MOST, RESERVE_SHARE * time_budget)
