"""The thin layer between Ray Tune's Searcher interface and the state of a search."""

from __future__ import annotations

import json
from typing import Any

from ray.tune.search import Searcher

from automl.search.records import Report
from automl.search.state import SearchState


class StateSearcher(Searcher):  # type: ignore[misc]
    """Hands Ray Tune's trials the study's numbers and passes on what they report.

    A trial that the scheduler stops sends its last result only to `on_trial_complete`, so both go the same way.
    """

    def __init__(self, state: SearchState) -> None:
        super().__init__(metric="merit", mode="max")
        self._state = state
        self._numbers: dict[str, int] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str:
        record = self._state.propose()
        if record is None:
            return str(Searcher.FINISHED)
        self._numbers[trial_id] = record.number
        # Until something has finished, a slow trial is better than none.
        return {
            "number": record.number,
            "configuration": record.configuration,
            "must_fit": self._state.has_finished_trial,
        }

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        self._state.receive(self._numbers[trial_id], _report(result))

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        number = self._numbers.pop(trial_id, None)
        if number is not None:
            self._state.close(number, None if error or not result or "report" not in result else _report(result))

    def close_rest(self) -> None:
        """Closes the trials that Ray Tune ended without a word."""
        for trial_id in list(self._numbers):
            self.on_trial_complete(trial_id, error=True)

    # Ray Tune pickles its searcher with every snapshot; the study's storage is the truth, so there is nothing to keep.
    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        del state

    def save(self, checkpoint_path: str) -> None:
        pass

    def restore(self, checkpoint_path: str) -> None:
        pass


def _report(result: dict[str, Any]) -> Report:
    raw = json.loads(result["report"])
    return Report(**raw | {"merit": tuple(raw["merit"]) if raw["merit"] else None})
