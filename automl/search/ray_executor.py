"""Runs a search's trials on Ray Tune: thin layers between its interfaces and the state of the search."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from automl.search.cluster import Shares
from automl.search.records import Report
from automl.search.reruns import Reruns, seed_of
from automl.search.state import SearchState
from automl.search.trainable import Settings, TrialActor

Trials = SearchState | Reruns
"""What an executor asks for trials."""


class RayExecutor:
    """Trials as actors of Ray Tune.

    Args:
        folder: The search's; Ray Tune's own files lie below it while the search runs.
        settings: What all trials have in common.
        arrays: The data, as `share` made it.
    """

    def __init__(self, folder: Path, settings: Settings, arrays: Any, shares: Shares) -> None:
        self._folder = folder
        self._settings = settings
        self._arrays = arrays
        self._shares = shares

    def run(self, state: Trials) -> None:
        """Runs what the state proposes, until it proposes nothing more."""
        self._run(state)
        while state.waits:  # a worker has died after Ray Tune was told that there is nothing more
            self._run(state)

    def _run(self, state: Trials) -> None:
        actor = tune.with_parameters(TrialActor, settings=self._settings, arrays=self._arrays)
        searcher = StateSearcher(state, self._settings.seed)
        tuner = tune.Tuner(
            tune.with_resources(actor, {"cpu": self._shares.cpus, "gpu": self._shares.gpus}),
            tune_config=tune.TuneConfig(
                search_alg=searcher,
                scheduler=StateScheduler(state, self._shares.workers),
                num_samples=-1,
                max_concurrent_trials=self._shares.workers,
                reuse_actors=True,
                trial_dirname_creator=lambda trial: trial.trial_id,
            ),
            run_config=tune.RunConfig(
                name="tune",
                storage_path=str(self._folder),
                verbose=0,
                stop=DeadlineStopper(state),
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                # No callbacks: to count them, Ray Tune imports MLflow before the first trial.
            ),
        )
        tuner.fit()
        searcher.close_rest()
        # Ray Tune's own notes: the study holds all of it.
        shutil.rmtree(self._folder / "tune", ignore_errors=True)


class _Unpickled:
    """Ray Tune pickles searcher and scheduler with every snapshot; the study is the truth: there is nothing to keep."""

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        del state


class DeadlineStopper(_Unpickled, tune.Stopper):  # type: ignore[misc]
    """Ends the workers that don't stop by themselves in time: in a batch of a minute, or while they come up."""

    def __init__(self, state: Trials) -> None:
        self._state = state

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        del trial_id, result
        return False

    def stop_all(self) -> bool:
        return self._state.is_overdue


class StateScheduler(_Unpickled, FIFOScheduler):  # type: ignore[misc]
    """Passes on each epoch, and stops the trials that the state wants stopped.

    It also drops what Ray Tune keeps of each trial until the end, 20 KB: the study has it. All trials that have ended
    share what is kept of the first one.

    Args:
        workers: So many are kept while they have nothing to do, as in a population where trials wait for each other.
    """

    def __init__(self, state: Trials, workers: int) -> None:
        super().__init__()
        self._state = state
        self._workers = workers
        self._ended: list[Any] = []
        self._kept: dict[str, Any] | None = None

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        super().on_trial_add(tune_controller, trial)
        if self._workers and (cache := getattr(tune_controller, "_actor_cache", None)):
            # Ray Tune keeps one, and takes seconds to make others anew; it has no public name for this (see the tests).
            # Without it a population is slower, no more.
            cache.increase_max(trial.placement_group_factory, self._workers)
            self._workers = 0

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        del tune_controller
        stop = self._state.receive(trial.config["number"], _report(result))
        return str(self.STOP if stop else self.CONTINUE)

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        super().on_trial_complete(tune_controller, trial, result)
        self._ended.append(trial)

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        """Asked at each step: what ended in the one before isn't needed any more, for its worker say."""
        for trial in self._ended:
            self._kept = self._kept or vars(trial)
            trial.__dict__ = self._kept
        self._ended.clear()
        return super().choose_trial_to_run(tune_controller)


class StateSearcher(_Unpickled, Searcher):  # type: ignore[misc]
    """Hands Ray Tune's trials the study's numbers, and passes on how they end.

    The last result of a trial, also of one that was stopped, comes only to `on_trial_complete`.
    """

    def __init__(self, state: Trials, seed: int) -> None:
        super().__init__(metric="merit", mode="max")
        self._state = state
        self._seed = seed
        self._numbers: dict[str, int] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        record = self._state.propose()
        if record is None and self._state.is_held_up:
            return None  # Ray Tune asks again
        if record is None:
            return str(Searcher.FINISHED)
        self._numbers[trial_id] = record.number
        # Until something has finished, a slow trial is better than none.
        return {
            "number": record.number,
            "seed": seed_of(self._seed, record),
            "line": [(segment.since, segment.configuration) for segment in record.line],
            "must_fit": self._state.has_finished_trial,
            "deadline": self._state.deadline,
        }

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        number = self._numbers.pop(trial_id, None)
        if number is not None:
            self._state.close(number, None if error or not result or "report" not in result else _report(result))

    def close_rest(self) -> None:
        """Closes the trials that Ray Tune ended without a word."""
        for trial_id in list(self._numbers):
            self.on_trial_complete(trial_id, error=True)

    def save(self, checkpoint_path: str) -> None:
        pass

    def restore(self, checkpoint_path: str) -> None:
        pass


def _report(result: dict[str, Any]) -> Report:
    return Report.from_json(result["report"])
