"""Training a trial of a search again, by itself: without Ray, from scratch, with the code that searches train with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl.api.loading import load_data
from automl.api.preparation import Say, check, resumed_catalog
from automl.api.registering import baseline, evidence_of, register_tested
from automl.api.tested import run_model
from automl.components import Catalog, PluginSource
from automl.config import Experiment, find_home
from automl.config.home import readings_in
from automl.errors import UserError
from automl.evaluation import Metric
from automl.search.past import past_search, past_trial
from automl.search.recording import lineage
from automl.search.records import TrialRecord
from automl.search.reruns import seed_of, title
from automl.search.runner import part_seed_of
from automl.space import chosen_components
from automl.tracking import Store, names, open_store
from automl.tracking.training import TrainingRun

if TYPE_CHECKING:
    from automl.data import Dataset
    from automl.registry import Registered
    from automl.search.notes import Notes
    from automl.training.epochs import EpochResult

Watch = Callable[["EpochResult", str], None]
"""Is told each epoch, and the metric's name."""


@dataclass(frozen=True)
class Figures:
    """What a training came to.

    Args:
        best_epoch, validation: Of its best epoch.
        test, baseline: Metrics on the test split of the model and of the trivial baseline.
        notes: How that compares with the trial in its search, and what calibration has done, a sentence each.
    """

    best_epoch: int
    validation: dict[str, float]
    test: dict[str, float]
    baseline: dict[str, float]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Trained:
    """A trial that was trained again.

    Args:
        trial: As its search had it.
        metric: That its best epoch was chosen by.
        bundle: The model's folder.
    """

    search: str
    home: Path
    trial: TrialRecord
    metric: str
    figures: Figures
    bundle: Path
    registered: Registered


@dataclass(frozen=True)
class _Task:
    """What is trained, on what: all checked."""

    notes: Notes
    trial: TrialRecord
    experiment: Experiment
    catalog: Catalog
    metric: Metric
    data: Dataset
    seed: int
    folder: Path

    @property
    def plugins(self) -> tuple[PluginSource, ...]:
        return self.notes.plugins


def train_trial(
    search: str,
    trial: int | None = None,
    *,
    data: str | None = None,
    seed: int | None = None,
    home: str | Path | None = None,
    say: Say = print,
    watch: Watch = lambda _, __: None,
) -> Trained:
    """Trains a trial again to its last epoch, its whole schedule if it had one; tests the model and registers it.

    Args:
        search: Its name; `last`: the latest one.
        trial: The trial's number; None: the winner.
        data: Path of other data to train on; None: the search's.
        seed: Of weights, order and augmentations; None: the one that the trial had.
        home: The folder that the search wrote to; None: `AUTOML_HOME`, else `automl_runs/`.
        say: Called with lines for a person, before the training.
        watch: Called with each epoch and the metric's name.

    Raises:
        UserError: There is no such search or trial, it hasn't ended, the data have changed or don't fit, or a plugin,
            the store or the disk can't be used.
        TrialError: It diverges.
    """
    folder = find_home(home)
    notes = past_search(folder, search)
    store = open_store(folder)
    task = _task(notes, past_trial(notes, trial), data, seed, folder, say)
    with _run(task, store) as run:
        best = _train(task, run, watch)
        return _conclude(task, store, run, best)


def _task(notes: Notes, trial: TrialRecord, path: str | None, seed: int | None, home: Path, say: Say) -> _Task:
    experiment = notes.experiment if path is None else notes.experiment.model_copy(update={"data": path})
    catalog = resumed_catalog(notes, say)
    metric = check(experiment, catalog)
    data = load_data(experiment, home)
    if path is None and data.digest != notes.digest:
        raise UserError(
            f"The data of {notes.folder.name} has changed since: the trial would not be what it was.",
            hint="Restore it, or train on what there is now: --data PATH",
        )
    for kind, name in chosen_components(trial.configuration):
        if reason := catalog.get(kind, name).mismatch(data.task):
            raise UserError(f"Trial {trial.number} has the {kind} {name}, which {reason}.", hint="Name another trial.")
    trained = notes.folder / "trained" / f"{trial.number:04d}"
    started = seed_of(experiment.seed if seed is None else seed, trial)
    say(f"Training trial {title(trial)} of {notes.folder.name}: {names.components(trial.configuration)}.")
    if trial.lineage:
        say(f"Its schedule has {len(trial.lineage)} parts: {lineage(trial)}, then its own.")
    return _Task(notes, trial, experiment, catalog, metric, data, started, trained)


def _run(task: _Task, store: Store) -> TrainingRun:
    trial, used = task.trial, chosen_components(task.trial.configuration)
    return TrainingRun(
        store,
        experiment=task.experiment.domain,
        name=f"{title(trial)} trained",
        of=f"{task.notes.folder.name} trial {trial.number}",
        params=trial.configuration | {"seed": task.seed, "data": task.data.name},
        plugins="; ".join(sorted({task.catalog.get(*key).provenance for key in used})),
    )


def _train(task: _Task, run: TrainingRun, watch: Watch) -> EpochResult:
    """Trains; gives the best epoch."""
    import torch

    from automl.files import is_full
    from automl.training import TrainingData
    from automl.training.device import DeviceData
    from automl.training.replay import replay

    data = task.data
    if task.notes.threads:
        torch.set_num_threads(task.notes.threads)
    on_gpu = torch.cuda.is_available() and task.experiment.gpus_per_trial != 0
    arrays = TrainingData(
        data.task,
        data.preparation,
        data.train.inputs,
        data.train.targets,
        data.val.inputs,
        data.val.targets,
        data.folds,
    )
    epochs = replay(
        task.catalog,
        DeviceData.on(
            torch.device("cuda" if on_gpu else "cpu"),
            arrays,
            part_seed_of(task.experiment),
            cache=readings_in(task.notes.folder.parents[1]),
        ),
        [(part.since, part.configuration) for part in task.trial.line],
        metric=task.metric,
        seed=task.seed,
        weights=task.folder / "best.safetensors",
    )
    best: EpochResult | None = None
    try:
        for result in epochs:
            best = result if result.is_best or best is None else best
            run.epoch(result.epoch, result.metrics)
            watch(result, task.metric.name)
    except OSError as error:
        if not is_full(error):
            raise
        raise UserError(f"The disk is full: {error}.", hint="Make room, then try again.") from error
    assert best is not None, "a training has an epoch"
    return best


def _conclude(task: _Task, store: Store, run: TrainingRun, best: EpochResult) -> Trained:
    import numpy as np

    from automl.training.bundle import Part
    from automl.training.data import PREDICTIONS

    data, trial, name, weights = task.data, task.trial, task.metric.name, task.folder / "best.safetensors"
    validation = {key.removeprefix("val_"): value for key, value in best.metrics.items() if key.startswith("val_")}
    part, bundle = Part(weights, trial.configuration, data.members), task.folder / "model"
    home, validated = task.notes.folder.parents[1], np.load(weights.with_name(PREDICTIONS))
    tested = run_model(task, [part], data.test.inputs, bundle, home=home, validated=validated)
    test, trivial = tested.scores, baseline(data, data.test.targets)
    calibrated = [tested.calibrated(data.test.targets)] if data.task.is_classification else []
    run.epoch(best.epoch, names.with_interval("test_", tested.figures))
    run.text(json.dumps([asdict(segment) for segment in trial.line], indent=2), "schedule.json")
    figures = Figures(best.epoch, validation, test, trivial, (*_compared(task, best), *calibrated))
    evidence = evidence_of(
        task,
        tested,
        bundle,
        search=task.notes.folder.name,
        trial=f"{title(trial)}, trained again by itself",
        components=names.components(trial.configuration),
        validation=validation,
        seeds=[task.seed],
        notes=figures.notes,
        training=[f"It was trained again, by itself, for {best.epoch} epochs, the best ones."],
    )
    registered = register_tested(task, store, tested, evidence, bundle, run.run_id, by="automl train")
    note = (
        f"Trial {title(trial)} of {task.notes.folder.name}, trained again: validation {name} {validation[name]:.4f}, "
        f"test {name} {test[name]:.4f} (trivial baseline {trivial[name]:.4f})."
    )
    run.summary({names.best(name): validation[name], "best_epoch": best.epoch}, "\n\n".join([note, *figures.notes]))
    return Trained(task.notes.folder.name, store.home, trial, name, figures, bundle, registered)


def _compared(task: _Task, best: EpochResult) -> list[str]:
    """What it reached on validation beside what the trial had in its search."""
    name = task.metric.name
    then, now = task.trial.best.get(f"val_{name}"), best.metrics[f"val_{name}"]
    if then is None:
        return []
    what = "the same" if then == now else f"now {now:.6g}"
    return [f"In the search, validation {name} was {then:.6g} after epoch {task.trial.best_epoch}: {what}."]
