"""Running a search: a new one, or one that was broken off."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from automl.api.conclusion import Outcome, conclude
from automl.api.preparation import Say, check, plan, resumed_catalog, with_plugins
from automl.config import Experiment, find_home, prepare_home
from automl.errors import UserError
from automl.search.cluster import Cluster
from automl.search.folders import held, new_search_folder, pausing
from automl.search.notes import Notes, find_search, note_end, note_start, write_notes
from automl.search.recording import Recorder, open_tracker
from automl.search.runner import Plan, run_search
from automl.search.warm_start import find_sources, note_prior
from automl.search.watcher import Watcher
from automl.tracking import Store, open_store
from automl.tracking.recorded import RecordedRun, find_runs


def run_experiment(
    experiment: Experiment,
    *,
    out: str | Path | None = None,
    say: Say = print,
    watchers: Sequence[Watcher] = (),
    started: float | None = None,
) -> Outcome:
    """Searches, tests the winner once, registers it.

    Args:
        out: The folder that everything is written under; None: `AUTOML_HOME`, else `automl_runs/`.
        say: Called with lines for a person, before the first trial.
        watchers: Told of each trial.
        started: When the time budget began by `time.monotonic()`; None: now.

    Raises:
        UserError: The experiment, the data, a plugin, the machine or the store can't be used.
    """
    started = time.monotonic() if started is None else started
    home = find_home(out)
    catalog, experiment = with_plugins(experiment, home, say)
    metric = check(experiment, catalog)
    prepare_home(home)
    store = open_store(home)
    sources = find_sources(experiment, store)
    if sources.search:
        experiment = experiment.model_copy(update={"warm_start": sources.search.name})  # not `last`
    cluster = Cluster()
    try:
        make_folder = partial(new_search_folder, home, experiment.domain)
        made = plan(experiment, catalog, metric, home, cluster, say, make_folder, started)
        with pausing(made.folder), held(made.folder) as run:
            for line in note_prior(made, sources):
                say(line)
            write_notes(made)
            return _search(replace(made, run=run), cluster, store, watchers, {})
    finally:
        cluster.close()


def resume_search(
    name: str | None = None,
    *,
    home: str | Path | None = None,
    trials: int | None = None,
    time_budget: float | None = None,
    say: Say = print,
    watchers: Sequence[Watcher] = (),
) -> Outcome:
    """Goes on with a search where it was broken off: no trial and no epoch that was done is done again.

    Args:
        name: The search's; None: the latest one that hasn't ended.
        home: The folder that it wrote to; None: `AUTOML_HOME`, else `automl_runs/`.
        trials: More trials than the search had at first or has done by now.
        time_budget: More seconds, on top of those that were used.

    Raises:
        UserError: There is no such search, it runs, it has ended (and no more budget was given), or its data, plugins
            or store can't be used.
    """
    began = time.monotonic()
    folder = find_home(home)
    notes = find_search(folder, name)
    if notes.ended and trials is None and time_budget is None:
        raise UserError(
            f"The search {notes.folder.name} has ended: {notes.ended}.",
            hint=f"For more of it: automl search --continue {notes.folder.name} --trials 50",
        )
    store = open_store(folder)
    with pausing(notes.folder), held(notes.folder) as run:
        experiment = _extended(notes, trials, time_budget)
        catalog = resumed_catalog(notes, say)
        metric = check(experiment, catalog)
        cluster = Cluster()
        try:
            made = plan(experiment, catalog, metric, folder, cluster, say, lambda: notes.folder, began - notes.used)
            if made.data.digest != notes.digest:
                raise UserError(
                    f"The data of {notes.folder.name} has changed since: what was learnt would be compared with other "
                    "images.",
                    hint="Restore it, or start a new search.",
                )
            note_start(made)
            runs = find_runs(store, experiment.domain, notes.folder.name, metric.name)
            return _search(replace(made, run=run), cluster, store, watchers, runs)
        finally:
            cluster.close()


def _extended(notes: Notes, trials: int | None, time_budget: float | None) -> Experiment:
    """The experiment with more budget: of the limits that are given, and none of the former ones."""
    if trials is None and time_budget is None:
        return notes.experiment
    done = sum(1 for _ in (notes.folder / "trials").glob("*"))
    limits = {
        "trials": None if trials is None else done + trials,
        "time_budget": None if time_budget is None else notes.used + time_budget,
    }
    return notes.experiment.model_copy(update=limits)


def _search(
    made: Plan, cluster: Cluster, store: Store, watchers: Sequence[Watcher], runs: Mapping[int, RecordedRun]
) -> Outcome:
    with open_tracker(made, store, runs) as tracker:
        result = run_search(made, cluster, [Recorder(tracker, made), *watchers])
        outcome = conclude(made, store, tracker, result)
        try:
            tracker.close("KILLED" if result.interrupted else "FINISHED" if result.best else "FAILED")
        except UserError as error:
            outcome = replace(outcome, unrecorded=outcome.unrecorded or error.message)
    if not result.interrupted and not outcome.unrecorded:  # else it isn't over
        note_end(made.folder, result.ended_by, result.best.number if result.best else None)
    return outcome
