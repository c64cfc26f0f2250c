"""Which trials keep their weights and their predictions: the best ones, that an ensemble may be chosen from."""

from __future__ import annotations

from pathlib import Path

from automl.search.folders import drop_weights
from automl.search.records import TrialRecord, ranked
from automl.space import Configuration

COUNT = 25
"""So many trials keep them, the best among them; and that of the default configuration, always."""


class Kept:
    """The trials of a search that have ended and keep their weights.

    Args:
        folder: The search's; the others' weights are deleted from it.
        default: The configuration whose trial keeps them, however bad it is: the winner is compared with it.
    """

    def __init__(self, folder: Path, default: Configuration | None) -> None:
        self._folder = folder
        self._default = default
        self._trials: list[TrialRecord] = []

    def add(self, record: TrialRecord) -> None:
        """Takes in a trial that has ended."""
        self._trials = ranked([*self._trials, record])
        for loser in [*self._trials[COUNT:], *([] if record.beats(None) else [record])]:
            if loser.configuration != self._default:
                drop_weights(self._folder, loser.number)
        del self._trials[COUNT:]
