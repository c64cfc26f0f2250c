"""What of a search stays on disk: the weights and predictions of the best trials, that an ensemble may be chosen from.

Under a cap on the disk one half is for what runs, an equal share for each worker; a trial that needs more than that
isn't trained. The other half is for what stays: of it the losers among the best have what is left.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from automl.search.confirm import folder_of
from automl.search.folders import drop_weights, journal_of, predictions_of, reports_file_of, weights_of
from automl.search.records import INTERRUPTED, TrialRecord, ranked
from automl.search.reruns import origin
from automl.search.watcher import Watcher

if TYPE_CHECKING:
    from automl.space import Configuration

COUNT = 25
"""So many trials keep their weights, where there is room."""

WRITTEN = 9
"""The files of a run while it trains, in sizes of its model, at most: the best weights, and twice, as one replaces the
other, a checkpoint: the weights, two moments of each and an average."""


def bytes_written(size_mb: float, predictions: int = 0) -> int:
    """The disk that training a model of that size takes, at most; `predictions` is the size of theirs in bytes."""
    return int(WRITTEN * size_mb * 1e6) + 2 * predictions


def share_of(cap: int, trials: int) -> float:
    """What of a disk cap each trial may take while so many run, or wait for each other in a population."""
    return cap / 2 / trials


class Kept(Watcher):
    """A watcher that deletes the weights and predictions of trials that have ended, all but those of the best.

    Those of the best and of the default configuration always stay. Of the others the worst go first, where they have
    more than what is left of the cap, or, without one, than what is still free on the disk.

    Args:
        folder: The search's.
        default: Its default configuration, which the winner is compared with.
        cap: Bytes that the whole search may have on disk; None for no limit.
    """

    def __init__(self, folder: Path, default: Configuration, cap: int | None = None) -> None:
        self._folder = folder
        self._default = default
        self._cap = cap
        self._best: list[TrialRecord] = []
        self._bytes: dict[int, int] = {}
        self._others = 0

    def trial_recovered(self, record: TrialRecord) -> None:
        self.trial_finished(record)

    def trial_finished(self, record: TrialRecord) -> None:
        if record.reason == INTERRUPTED:  # it goes on
            return
        folder, number = folder_of(self._folder, record), record.number
        size = _size(weights_of(folder, number)) + _size(predictions_of(folder, number))
        self._others += _size(reports_file_of(folder, number))
        if origin(number)[1] > 1 or record.configuration == self._default:
            self._others += size
        else:
            self._bytes[number] = size
            self._rank(record)
        self.make_room(self._cap // 2 if self._cap else 0)

    def make_room(self, more: int) -> int:
        """Deletes what has to go so that `more` bytes may be written; returns how many are missing still."""
        while (missing := sum(self._bytes[loser.number] for loser in self._best[1:]) + more - self._available) > 0:
            if len(self._best) < 2:
                return missing
            self._drop(self._best.pop())
        return 0

    @property
    def _available(self) -> int:
        """Bytes for losers and for what runs."""
        if self._cap is None:
            return shutil.disk_usage(self._folder).free
        best = sum(self._bytes[trial.number] for trial in self._best[:1])
        packed = 2 * best  # the winner in the end, and the default while it is tested
        return self._cap - self._others - _size(journal_of(self._folder)) - best - packed

    def _rank(self, record: TrialRecord) -> None:
        self._best = ranked([*self._best, record])
        if record not in self._best:  # it can't win
            self._drop(record)
        while len(self._best) > COUNT:
            self._drop(self._best.pop())

    def _drop(self, record: TrialRecord) -> None:
        drop_weights(self._folder, record.number)
        self._bytes.pop(record.number)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
