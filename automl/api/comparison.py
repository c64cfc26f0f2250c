"""Two registered models on the same labelled data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.config import find_home
from automl.errors import UserError
from automl.evaluation import metrics_of
from automl.evaluation.interval import Estimate, estimates, gain
from automl.tracking import Store, open_store

if TYPE_CHECKING:
    from automl.components import Task
    from automl.registry import Rows


@dataclass(frozen=True)
class Compared:
    """Two models, side by side.

    Args:
        models: NAME/VERSION of each.
        figures: Metric -> that of the first, that of the other, and how much better the other one is (positive is
            better, also of an error), each with its interval; None where that isn't defined.
        rows: That both predicted. skipped: that have no target.
    """

    models: tuple[str, str]
    figures: dict[str, tuple[Estimate, Estimate, Estimate | None]]
    rows: int
    skipped: int


def compare_models(
    one: str,
    other: str,
    data: str | Path,
    *,
    target: str | None = None,
    home: str | Path | None = None,
    trust_plugins: bool = False,
) -> Compared:
    """Predicts the same labelled data with two registered models.

    Args:
        one, other: `NAME`, `NAME@ALIAS` or `NAME/VERSION`.
        data: Of models on images a folder with a folder per class, or an .npz with labels; else a file of rows.
        target: The column of the labels; None: the one that each was trained for.
        home: The folder that searches wrote to; None: `AUTOML_HOME`, else `automl_runs/`.
        trust_plugins: Whether to run plugins that a model of a remote store carries.

    Raises:
        UserError: There is no such model, the data can't be read, or the models don't answer the same question.
    """
    store = open_store(find_home(home))
    (first, task, rows, skipped), (second, other_task, theirs, _) = (
        _predict(store, reference, Path(data), target, trust_plugins) for reference in (one, other)
    )
    if (task.kind, task.class_names) != (other_task.kind, other_task.class_names):
        answers = [", ".join(each.class_names) or each.kind for each in (task, other_task)]
        raise UserError(f"{first} and {second} don't answer the same question: {answers[0]}; {answers[1]}.")
    metrics = {metric.name: metric for metric in metrics_of(task)}
    ours = estimates(metrics, rows.predictions, rows.targets, seed=0)
    others = estimates(metrics, theirs.predictions, rows.targets, seed=0)
    gains = {
        name: gain(metric, theirs.predictions, rows.predictions, rows.targets, seed=0)
        for name, metric in metrics.items()
    }
    figures = {name: (ours[name], others[name], gains[name]) for name in metrics}
    return Compared((first, second), figures, len(rows.targets), skipped)


def measure_on(
    store: Store, name: str, data: Path, target: str | None, *, trust_plugins: bool
) -> Callable[[str], Rows]:
    """What versions of a model, by their numbers, predict for labelled data: `automl.registry.promote` compares them by
    that."""
    return lambda number: _predict(store, f"{name}/{number}", data, target, trust_plugins)[2]


def _predict(
    store: Store, reference: str, data: Path, target: str | None, trust_plugins: bool
) -> tuple[str, Task, Rows, int]:
    """NAME/VERSION, the task, predictions with targets, and how many rows have none."""
    from automl.data.labelled import read_labelled
    from automl.registry import Rows, find_model
    from automl.registry.resolve import connect, find_version
    from automl.registry.versions import exhibit
    from automl.training.trained import TrainedModel

    version = find_version(store, reference)
    name = f"{version.name}/{version.version}"
    model = TrainedModel.load(find_model(store, name, trust_plugins=trust_plugins))
    if target is None:
        evidence = exhibit(connect(store), version.name, str(version.version)).evidence
        target = evidence.target if evidence else ""
    labelled = read_labelled(data.expanduser(), model.task, model.preparation, target)
    predictions = model.predict(labelled.inputs).astype(np.float32)
    digest = blake2b(labelled.targets.tobytes(), digest_size=8).hexdigest()
    return name, model.task, Rows(predictions, labelled.targets, digest), labelled.skipped
