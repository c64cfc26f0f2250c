"""Labelled data that a model is tested on once more: prepared as its training data were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from automl.components.task import Task
from automl.data.load import load_inputs
from automl.data.preparation import ImagePreparation
from automl.data.preparations import Preparation
from automl.data.table.read import read_table
from automl.data.table.target import Target, as_labels, check_column, find_target
from automl.data.table.values import as_texts, decimal_mark
from automl.data.text.preparation import TextPreparation
from automl.data.words.laid import Laid
from automl.data.words.read import read_sentences
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Labelled:
    """Rows with what they should be predicted as.

    Args:
        inputs: Prepared, (N, ...).
        targets: int64 (N,) class indices, or float32 (N, num_outputs).
        skipped: Rows without a target, which aren't among them.
    """

    inputs: np.ndarray
    targets: np.ndarray
    skipped: int = 0


def read_labelled(source: Path, task: Task, preparation: Preparation, target: str) -> Labelled:
    """Reads what a model of that task and preparation is tested on.

    Args:
        source: Of a model on images a folder with a folder per class, or an .npz with `images` and `labels` (else
            `test_images` and `test_labels`); else a file of rows with the column `target`.
        target: Its name; "" for images. Of words a file of CoNLL's form or JSON lines, whatever that is.

    Raises:
        UserError: It can't be read, or has other classes than the model.
    """
    if isinstance(preparation, ImagePreparation):
        inputs, ids = load_inputs(source, preparation)
        return Labelled(inputs, _image_targets(source, task, ids))
    if isinstance(preparation, TextPreparation) and preparation.words:
        return _words(source, task, preparation)
    frame = read_table(source)
    find_target(frame, target or None, str(source))
    check_column(frame, target, "--target")
    targets, labels = targets_of(frame[target], task), as_labels(frame[target])
    known = labels.notna().to_numpy() if task.is_classification else np.isfinite(targets).all(1)
    if not known.any():
        raise UserError(f"No row of {source} has a {target}.", hint="Name the column of the labels with --target.")
    if task.is_classification:
        _check_classes(source, labels[known & (targets < 0)], task.class_names)
    return Labelled(preparation.transform(frame[known]), targets[known], int((~known).sum()))


def _words(source: Path, task: Task, preparation: TextPreparation) -> Labelled:
    rows = Laid.of(read_sentences(source)[0], preparation.words)
    known = {name[2:] for name in task.class_names}
    if strange := sorted(set(rows.entities) - known):
        raise UserError(
            f"{source} has entities of types that the model doesn't know: {', '.join(strange[:5])}.",
            hint=f"Its types are {', '.join(sorted(known - {''})[:12])}.",
        )
    return Labelled(rows.inputs, rows.targets(task.class_names, max(map(len, rows.words))))


def targets_of(column: pd.Series, task: Task) -> np.ndarray:
    """What `Target.values` gives of the cells."""
    decimal = "." if task.is_classification else decimal_mark(as_texts(column).drop_duplicates().dropna())
    return Target(str(column.name), task.class_names, decimal).values(column)


def _image_targets(source: Path, task: Task, ids: Sequence[str]) -> np.ndarray:
    if source.is_file():
        return _npz_targets(source, task)
    if not task.is_classification:
        raise UserError(f"Numbers as labels come in an .npz, got the folder {source}.")
    labels = [PurePosixPath(name.partition("#")[0]).parent.name for name in ids]
    places = {name: place for place, name in enumerate(task.class_names)}
    _check_classes(source, [label for label in labels if label not in places], task.class_names)
    return np.array([places[label] for label in labels], np.int64)


def _npz_targets(source: Path, task: Task) -> np.ndarray:
    with np.load(source, allow_pickle=False) as arrays:
        key = "labels" if "images" in arrays else "test_labels"
        if key not in arrays:
            raise UserError(f"{source} must have the array {key}. Got {', '.join(arrays) or 'none'}.")
        labels: np.ndarray = arrays[key]
    if not task.is_classification:
        return labels.astype(np.float32).reshape(len(labels), -1)
    places = {name: place for place, name in enumerate(task.class_names)}
    texts = [str(label) for label in labels.reshape(len(labels), -1)[:, 0].tolist()]
    _check_classes(source, [text for text in texts if text not in places], task.class_names)
    return np.array([places[text] for text in texts], np.int64)


def _check_classes(source: Path, strange: Sequence[str], known: Sequence[str]) -> None:
    if len(strange):
        found = ", ".join(sorted(set(map(str, strange)))[:5])
        raise UserError(
            f"{len(strange):,} rows of {source} are of classes that the model doesn't know: {found}.",
            hint=f"Its classes are {', '.join(known[:12])}. Another column of labels? --target.",
        )
