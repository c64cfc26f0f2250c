"""Small tables are validated crosswise: every row of train and validation in one fold, each fold like the others."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.components import Task
from automl.data import Dataset
from automl.data.crossing import FOLDS, MOST_ROWS, crossed, folds_for
from automl.data.dataset import Split

CLASSES = Task(kind="table-classification", num_outputs=2, input_shape=(2,), class_names=("no", "yes"), num_numeric=2)
VALUES = Task(kind="table-regression", num_outputs=1, input_shape=(2,), num_numeric=2)


def split(count: int, first: int, task: Task, groups: int = 0) -> Split:
    numbers = np.arange(first, first + count)
    targets = (numbers % 10 == 0).astype(np.int64) if task.is_classification else numbers[:, None].astype(np.float32)
    inputs = np.stack([numbers, numbers], axis=1).astype(np.float32)
    return Split(inputs, targets, tuple(map(str, numbers)), {"age": numbers}, numbers % groups if groups else None)


def dataset(task: Task = CLASSES, train: int = 160, val: int = 40, groups: int = 0) -> Dataset:
    parts: Any = {"train": split(train, 0, task, groups), "val": split(val, train, task, groups)}
    return Dataset("t", task, **parts, test=split(10, 900, task), preparation=SimpleNamespace(), report=None, digest="")  # type: ignore[arg-type]


def test_each_row_of_train_and_validation_is_in_one_fold_and_each_fold_has_its_share_of_each_class() -> None:
    data = crossed(dataset(), 5, seed=0)
    assert data.train is data.val and len(data.train) == 200 and data.members == 5
    assert sorted(map(int, data.train.ids)) == list(range(200))
    assert data.folds is not None
    counts = [int((data.train.targets[data.folds == fold] == 1).sum()) for fold in range(5)]
    assert counts == [4] * 5 and np.bincount(data.folds).tolist() == [40] * 5
    assert len(data.test) == 10 and data.train.columns["age"].tolist() == list(range(200))


def test_the_seed_decides() -> None:
    one, same, other = (crossed(dataset(), 5, seed=seed).folds for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_group_is_in_one_fold() -> None:
    data = crossed(dataset(groups=30), 4, seed=0)
    assert data.folds is not None and data.train.groups is not None
    assert all(len(set(data.folds[data.train.groups == group])) == 1 for group in range(30))


def test_values_are_spread_over_the_folds() -> None:
    data = crossed(dataset(VALUES), 5, seed=0)
    means = [float(data.train.targets[data.folds == fold].mean()) for fold in range(5)]
    assert max(means) - min(means) < 10


@pytest.mark.parametrize(
    ("data", "wanted", "folds"),
    [
        (dataset(), None, FOLDS),
        (dataset(), 3, 3),
        (dataset(), 0, 0),
        (dataset(train=MOST_ROWS), None, 0),
        (dataset(train=MOST_ROWS), 4, 4),
        (dataset(train=20, val=10), None, 3),
        (dataset(train=9, val=9), None, 2),
        (dataset(train=8, val=2), None, 0),
        (dataset(groups=2), None, 2),
    ],
)
def test_there_are_as_many_folds_as_rows_and_wishes_allow(data: Dataset, wanted: int | None, folds: int) -> None:
    assert folds_for(data, wanted) == folds


def test_rows_that_are_ordered_in_time_are_not_crossed() -> None:
    data = dataset()
    ordered = replace(data, train=replace(data.train, times=np.arange(160.0)))
    assert folds_for(ordered, 5) == 0
