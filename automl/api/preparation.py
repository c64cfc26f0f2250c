"""From an experiment to a plan: plugins, data, space and shares, each checked before the first trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.api.loading import load_data
from automl.api.spaces import search_space
from automl.components import (
    TASK_KINDS,
    Catalog,
    Component,
    catalog_with,
    components_of,
    is_registering,
    load_catalog,
    read_plugin,
)
from automl.components.added import added_plugins
from automl.config import Experiment, check_fidelity, preset_of
from automl.errors import PluginError, UserError, unknown
from automl.evaluation import METRICS, Metric, check_classes, find_metric
from automl.evaluation.gates import TEST, parse_gates
from automl.evaluation.sample import labels_of
from automl.search.choice import with_choice
from automl.search.cluster import Cluster, Shares, plan_shares
from automl.search.exploration import live_parameters
from automl.search.notes import Notes
from automl.search.objectives import Objectives, make_objectives
from automl.search.runner import Plan, most_epochs, scheduler_of
from automl.search.schedulers import population_size
from automl.space import Space, check_overrides, opened

if TYPE_CHECKING:
    from automl.data import Dataset

Say = Callable[[str], None]

MADE_UP = {
    "credit": "These loans are made up: the demo shows how a search goes, not what there is to learn about credit.",
    "messages": "These messages are made up of templates: the demo shows how a search goes, not how well models read.",
}
"""Demos whose data nobody has measured, and what is said of them."""


def with_plugins(experiment: Experiment, home: Path, say: Say) -> tuple[Catalog, Experiment]:
    """The catalog, and the experiment with the components of its plugins among the domain's candidates.

    Raises:
        UserError: A plugin can't be used.
    """
    if is_registering():
        raise PluginError(
            "A search was started by the text of a plugin while it was loaded.",
            hint='In a script that defines components, start it below `if __name__ == "__main__":`.',
        )
    added = added_plugins(home)
    for note in added.notes:
        say(note)
    named = [read_plugin(path) for path in experiment.plugins]
    catalog = load_catalog(named, optional=added.sources)
    components = [component for source in named for component in components_of(source)]
    components += [component for component in catalog.components.values() if component.is_direct]
    preset = preset_of(experiment.domain, experiment.task)
    space, notes = opened(experiment.space, preset.get("space", {}), components)
    for note in notes:
        say(note)
    return catalog, experiment.model_copy(update={"space": space})


def check(experiment: Experiment, catalog: Catalog) -> Metric:
    """Refuses what no data can make right; gives the metric."""
    if experiment.task not in TASK_KINDS:
        raise unknown("task", experiment.task, TASK_KINDS)
    check_overrides(catalog, experiment.space)
    metric = find_metric(experiment.metric, experiment.task)
    make_objectives(experiment, metric)
    parse_gates(experiment.gates, experiment.task)
    if experiment.storage:
        from automl.search.connection import connect

        connect(experiment.storage)
    return metric


def plan(
    experiment: Experiment,
    catalog: Catalog,
    metric: Metric,
    home: Path,
    cluster: Cluster,
    say: Say,
    make_folder: Callable[[], Path],
    started: float,
) -> Plan:
    """Reads the data and composes the space while Ray starts; the search's folder is made last.

    Raises:
        UserError: The data, the space or the machine can't be used.
    """
    data = load_data(experiment, home)
    _check_classes(make_objectives(experiment, metric), experiment.gates, data)
    _check_defined(metric, data)
    for line in data.report.lines():
        say(line)
    if not experiment.data and experiment.demo in MADE_UP:
        say(MADE_UP[experiment.demo])
    if data.folds is not None:
        say(f"Crossed validation: train and val in {data.members} folds, a model for each, trained on the others.")
    if data.task.num_classes == 2:
        say(f"Positive class: {data.task.class_names[1]}; for the other one, --positive {data.task.class_names[0]}.")
    space = search_space(catalog, data, experiment, say)
    shares = plan_shares(experiment, *cluster.resources())
    components = _sendable(catalog.get(*key) for key in space.components)
    experiment = _with_population(experiment, shares, components, space)
    experiment, chosen = with_choice(experiment, space, most_epochs(space))
    _check_fidelity(experiment, components)
    for line in chosen:
        say(line)
    scheduler = scheduler_of(experiment, space)
    say(f"Searching {len(space.searched)} parameters: {experiment.sampler}, {scheduler}, {shares}.")
    return Plan(experiment, make_folder(), data, space, metric, components, shares, started)


def _check_fidelity(experiment: Experiment, components: Iterable[Component]) -> None:
    check_fidelity(experiment)
    itself = [component.name for component in components if component.fits_itself]
    if experiment.fidelity == "data" and itself:
        raise UserError(
            f"--fidelity data is for nets, which are trained epoch by epoch; {', '.join(itself)} would have all rows.",
            hint="Leave out --fidelity, or search nets alone with --models.",
        )


def _with_population(
    experiment: Experiment, shares: Shares, components: Iterable[Component], space: Space
) -> Experiment:
    """The experiment with the size of its population, which stays when it is resumed on another machine.

    Raises:
        UserError: Nothing of the space may change in mid-training.
    """
    if experiment.scheduler != "pbt":
        return experiment
    if not live_parameters(components, space):
        raise UserError(
            "--scheduler pbt has nothing to change while trials train: neither the learning rate nor the strength of "
            "an augmentation or regularizer is searched.",
            hint="Search one, for example --set 'training.lr={low: 0.001, high: 0.01}', or use --scheduler asha.",
        )
    size = experiment.population or population_size(experiment.trials, shares.workers)
    return experiment.model_copy(update={"population": size})


def _sendable(components: Iterable[Component]) -> tuple[Component, ...]:
    """The components, once it is certain that a worker can make each of its source's text alone."""
    checked = tuple(components)
    for component in checked:
        if component.source and component.key not in {c.key for c in components_of(component.source)}:
            raise PluginError(
                f"Run by itself, {component.source.path} doesn't define the {component.kind} {component.name}.",
                hint="Define it at the top level of the file or cell, not inside a function.",
            )
    return checked


def _check_classes(objectives: Objectives, gates: Iterable[str], data: Dataset) -> None:
    """Refuses metrics of two classes where the data have more."""
    kept = [*objectives.constraints, *parse_gates(gates, data.task.kind)]
    named = [objectives.metric.removeprefix("val_"), *objectives.also, *(c.figure.removeprefix(TEST) for c in kept)]
    for name in named:
        if name in METRICS:
            check_classes(name, data.task)


def _check_defined(metric: Metric, data: Dataset) -> None:
    """Refuses a metric that has no value on validation, whatever is predicted: no trial could win."""
    if data.folds is not None:
        return
    rows = len(labels_of(data.val.targets))
    guessed = np.random.default_rng(0).random((rows, data.task.num_outputs), np.float32)
    guessed /= guessed.sum(1, keepdims=True)
    if not math.isfinite(metric.compute(guessed, data.val.targets)):
        raise UserError(
            f"The metric {metric.name} isn't defined on validation{_absent(data)}.",
            hint="Choose another with --metric, or give data whose validation split has all classes.",
        )


def _absent(data: Dataset) -> str:
    """Which classes have no row in validation, for a person."""
    if not data.task.is_classification:
        return ": its targets are all the same"
    there = set(labels_of(data.val.targets).tolist())
    absent = [name for label, name in enumerate(data.task.class_names) if label not in there]
    return f": it has no row of {', '.join(absent[:5])}{' and others' if len(absent) > 5 else ''}" if absent else ""


def resumed_catalog(notes: Notes, say: Say) -> Catalog:
    """The catalog of a search that is resumed: its plugins with the texts that it began with; says what differs now."""
    catalog = catalog_with(notes.plugins)
    for source in notes.plugins:
        file = Path(source.path)
        if not file.exists():
            say(f"The plugin {file} is gone; the search goes on with the text that it began with.")
        elif file.read_text("utf-8", errors="replace") != source.text:
            say(f"The plugin {file} has changed; the search goes on with the text that it began with.")
    for name, began_with in notes.provenance.items():
        kind, _, component = name.partition(".")
        now = catalog.get(kind, component).provenance
        if now != began_with:
            say(f"The {kind} {component} was of {began_with} when the search began; now it is of {now}.")
    return catalog
