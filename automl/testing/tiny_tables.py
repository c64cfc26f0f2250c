"""Tiny tables: tasks, batches and data."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from automl.components import Task
from automl.data import TablePreparation
from automl.data.table.columns import FIRST_CODE, CategoricalColumn, NumericColumn

USUAL = (4, (3, 6, 20))
"""How many numbers, and the number of codes of each category."""
ODD = ((1, ()), (0, (4,)), (0, (3,) * 12), (40, (5_002,)))


def table_task(kind: str, numbers: int, sizes: tuple[int, ...], outputs: int, names: tuple[str, ...]) -> Task:
    """A task on rows of so many numbers and categories."""
    shape = (numbers + len(sizes),)
    return Task(
        kind=kind,
        num_outputs=outputs,
        input_shape=shape,
        class_names=names,
        num_numeric=numbers,
        category_sizes=sizes,
    )


def rows(task: Task, count: int) -> Tensor:
    """(count, F) float32 as a model gets them: numbers in units of a standard normal, then codes."""
    return torch.cat([torch.randn(count, task.num_numeric), codes(task, count)], dim=1)


def codes(task: Task, count: int) -> Tensor:
    """(count, categories) float32, any of those that there are."""
    sizes = torch.tensor(task.category_sizes)
    return (torch.rand(count, len(sizes)) * sizes).floor()


def raw_rows(task: Task, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(N, F) float32 as a preparation gives them, whose numbers and codes tell the label; some are missing."""
    numbers = generator.normal(100.0 * labels[:, None], 40.0, (len(labels), task.num_numeric))
    numbers[generator.random(numbers.shape) < 0.1] = np.nan
    sizes = np.array(task.category_sizes, dtype=np.int64)
    known = (labels[:, None] + FIRST_CODE) % np.maximum(sizes, 1)
    return np.concatenate([numbers, known], axis=1).astype(np.float32)


def preparation(task: Task) -> TablePreparation:
    """The one that has made such rows."""
    numbers = [NumericColumn(f"number{index}", -100.0, 400.0) for index in range(task.num_numeric)]
    categories = [
        CategoricalColumn(f"category{index}", tuple(map(str, range(size - FIRST_CODE))))
        for index, size in enumerate(task.category_sizes)
    ]
    quantiles = tuple(np.linspace(-100.0, 400.0, 11).tolist())
    return TablePreparation((*numbers, *categories), (quantiles,) * len(numbers))
