"""What may be wrong with a table, said before the first trial, each with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from automl.components.task import Task
from automl.data.dataset import Split
from automl.data.table.copies import copies
from automl.data.table.doubts import doubtful_labels, shift
from automl.data.table.leakage import leakage
from automl.data.table.preparation import TablePreparation

FEW = 10


def check_table(splits: Mapping[str, Split], preparation: TablePreparation, task: Task, target: str) -> tuple[str, ...]:
    """Warnings, the gravest first; of a large table a sample of the rows is looked at."""
    return (
        *leakage(splits["train"], preparation, task, target),
        *copies(splits),
        *_groups_in_two(splits),
        *_rare_classes(splits["train"], task),
        *shift(splits, preparation),
        *doubtful_labels(splits["train"], preparation, task),
    )


def _rare_classes(train: Split, task: Task) -> list[str]:
    counts = np.bincount(train.targets, minlength=task.num_classes) if task.is_classification else np.zeros(0)
    rare = [f"{name} ({count})" for name, count in zip(task.class_names, counts, strict=True) if count < FEW]
    if not rare:
        return []
    return [
        f"{', '.join(rare[:5])}{', ...' * (len(rare) > 5)}: fewer than {FEW} rows in train. What is said of such "
        "classes is mostly chance: add rows, or put classes together."
    ]


def _groups_in_two(splits: Mapping[str, Split]) -> list[str]:
    """Files of one's own may tear groups apart."""
    groups = {name: part.groups for name, part in splits.items() if part.groups is not None}
    warnings = []
    for first, other in (("train", "val"), ("train", "test"), ("val", "test")):
        if first in groups and (shared := np.intersect1d(groups[first], groups[other])).size:
            warnings.append(
                f"{shared.size:,} groups are in {first} and in {other}: scores on {other} look better than they are. "
                "Give files without common groups, or one file that is split by them."
            )
    return warnings
