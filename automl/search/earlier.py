"""Earlier searches, read for what can be learnt from them: from their folders, or from the store."""

from __future__ import annotations

import math
import re
from ast import literal_eval
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from optuna.trial import TrialState

from automl.components import Value
from automl.config import Experiment
from automl.errors import UserError
from automl.evaluation import find_metric
from automl.search.folders import SEARCHES
from automl.search.notes import FILE, Notes, find_search
from automl.search.records import TrialRecord
from automl.search.studies import read_trials
from automl.space import Configuration, chosen_components
from automl.tracking import Store
from automl.tracking.recorded import RecordedTrial, read_search

LAST = "last"
"""How `--warm-start` calls the latest search of the same domain and task."""

EARLIER = "earlier"
"""The attribute under which a study keeps configuration and record of a trial that it was only told of."""

_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class EarlierTrial:
    """A trial that taught something: it finished, was stopped, or diverged.

    Args:
        curve: Epoch -> its search's metric on validation; a search of several objectives keeps none.
        sources: Where the code of its components came from (`Component.provenance`).
    """

    record: TrialRecord
    curve: dict[int, float]
    sources: frozenset[str]

    @property
    def configuration(self) -> Configuration:
        return self.record.configuration


@dataclass(frozen=True)
class EarlierSearch:
    """What an earlier search came to.

    Args:
        name: What it is found by: its folder's name, or the id of its run in the store.
        digest: Of its data and their split, or the beginning of it (`Dataset.digest`).
    """

    name: str
    domain: str
    task: str
    metric: str
    minimize: bool
    digest: str
    trials: tuple[EarlierTrial, ...]

    def ranked(self) -> list[tuple[float, EarlierTrial]]:
        """(best epoch's value, trial) of those that could have won, best first."""
        values = [(trial.record.best.get(f"val_{self.metric}", math.nan), trial) for trial in self.trials]
        valued = [(value, trial) for value, trial in values if math.isfinite(value) and not trial.record.broken]
        return sorted(valued, key=lambda pair: pair[0], reverse=not self.minimize)


def find_earlier(reference: str, experiment: Experiment, store: Store) -> EarlierSearch:
    """The search that `--warm-start` names.

    Args:
        reference: Name of a search in the store's home, `last`, or the id of a search's run.
        experiment: That of the new search.

    Raises:
        UserError: There is no such search, it is of another kind of task, or has no trial to learn from.
    """
    if reference == LAST:
        return _last(experiment, store.home)
    is_run = _RUN_ID.fullmatch(reference)
    found = _recorded(store, reference) if is_run else _in_home(store.home, reference)
    if found.task != experiment.task:
        raise UserError(
            f"The search {reference} is of the task {found.task}, this one of {experiment.task}: nothing carries over.",
            hint=f"Name a search of the task {experiment.task}.",
        )
    if not found.trials:
        raise UserError(
            f"The search {reference} has no trial to learn from: none has finished or was stopped.",
            hint="Name another search, or leave out --warm-start.",
        )
    return found


def earlier_searches(home: Path) -> Iterator[EarlierSearch | str]:
    """All searches of `home`, the latest first; for one that can't be read, a line that says why."""
    for name in sorted((path.parent.name for path in (home / SEARCHES).glob(f"*/{FILE}")), reverse=True):
        try:
            yield _in_home(home, name)
        except UserError as error:
            yield f"Left out: {error.message}"


def _last(experiment: Experiment, home: Path) -> EarlierSearch:
    wanted = experiment.domain, experiment.task
    for found in earlier_searches(home):
        if not isinstance(found, str) and (found.domain, found.task) == wanted and found.trials:
            return found
    raise UserError(
        f"No earlier search of the domain {experiment.domain} ({experiment.task}) in {home} has a trial to learn from.",
        hint="Name a search, or leave out --warm-start.",
    )


# From a folder


def _in_home(home: Path, name: str) -> EarlierSearch:
    try:
        notes = find_search(home, name)
        trials = tuple(_trials(notes))
    except UserError:
        raise
    except Exception as error:  # A damaged file fails in whatever way.
        raise UserError(
            f"The search {name} is damaged: {type(error).__name__}: {error}.", hint="Name another search."
        ) from error
    experiment = notes.experiment
    minimize = find_metric(experiment.metric, experiment.task).minimize
    return EarlierSearch(name, experiment.domain, experiment.task, experiment.metric, minimize, notes.digest, trials)


def _trials(notes: Notes) -> Iterator[EarlierTrial]:
    for frozen in read_trials(notes):
        known = frozen.user_attrs
        configuration, kept = known.get(EARLIER) or (known.get("configuration"), known.get("record"))
        if not configuration or not kept or frozen.state not in (TrialState.COMPLETE, TrialState.PRUNED):
            continue
        record = TrialRecord.from_dict(frozen.number, configuration, kept)
        used = (".".join(key) for key in chosen_components(record.configuration))
        sources = frozenset(notes.provenance[name] for name in used if name in notes.provenance)
        yield EarlierTrial(record, dict(frozen.intermediate_values), sources)


# From the store


def _recorded(store: Store, run_id: str) -> EarlierSearch:
    found = read_search(store, run_id)
    try:
        domain, task, metric = (found.params[key] for key in ("domain", "task", "metric"))
    except KeyError as error:
        raise UserError(f"The run {run_id} has no parameter {error}: it isn't that of a search.") from error
    minimize = find_metric(metric, task).minimize
    ended = (trial for trial in found.trials if trial.state in ("finished", "stopped"))
    taught = (trial for trial in ended if trial.curve and not trial.lineage)
    trials = tuple(_of_run(trial, metric, minimize) for trial in taught)
    return EarlierSearch(run_id, domain, task, metric, minimize, found.digest, trials)


def _of_run(trial: RecordedTrial, metric: str, minimize: bool) -> EarlierTrial:
    best_epoch = (min if minimize else max)(trial.curve, key=lambda epoch: trial.curve[epoch])
    record = TrialRecord(
        trial.number,
        _typed(trial.params),
        "finished" if trial.state == "finished" else "stopped",
        epoch=max(trial.curve),
        best_epoch=best_epoch,
        best={f"val_{metric}": trial.curve[best_epoch]},
        parameters=int(trial.figures.get("weights", 0)),
        size_mb=trial.figures.get("size_mb", 0.0),
        latency_ms=trial.figures.get("latency_ms", 0.0),
        latency_p95_ms=trial.figures.get("latency_p95_ms", 0.0),
    )
    return EarlierTrial(record, trial.curve, frozenset(trial.plugins))


def _typed(params: Mapping[str, str]) -> Configuration:
    """MLflow keeps parameters as texts: `str` of a bool, a number, None or a text."""
    return {name: _value(text) for name, text in params.items()}


def _value(text: str) -> Value:
    try:
        value = literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if value is None or isinstance(value, bool | int | float) else text
