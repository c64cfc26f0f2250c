"""Tiny texts: tasks, batches and data."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from automl.components import Task
from automl.data import TextPreparation, rows_of
from automl.training.arrays import DeviceArray
from automl.training.reading import reader_of
from automl.training.scaling import scaling_for

CPU = torch.device("cpu")
USUAL = (12, 100)
"""How many tokens a text has at most, and how many there are."""
ODD = ((1, 2), (3, 60), (256, 5_000))
WORDS = (
    "card",
    "lost",
    "transfer",
    "arrived",
    "Konto",
    "überweisen",
    "карта",
    "потерял",
    "卡片",
    "why",
    "please",
    "the",
)


def text_task(kind: str, length: int, vocabulary: int, outputs: int, names: tuple[str, ...]) -> Task:
    """A task on texts of so many tokens."""
    return Task(kind=kind, num_outputs=outputs, input_shape=(length,), class_names=names, vocabulary_size=vocabulary)


def inputs(task: Task, count: int, model: nn.Module | None) -> Tensor:
    """A batch as a model gets it: what it reads itself, else tokens."""
    if model is None or reader_of(model) is None:
        return tokens(task, count)
    scaling = scaling_for(preparation(), CPU)
    rows = raw_rows(np.arange(count) % 4, np.random.default_rng(0))
    return scaling.to_unit(scaling.read(model, DeviceArray(rows, CPU)).rows(slice(None)))


def tokens(task: Task, count: int) -> Tensor:
    """int64 (count, T) as a model gets them, any of those that there are; of one in four the text is empty."""
    (length,) = task.input_shape
    lengths = torch.randint(1, length + 1, (count, 1))
    lengths[3::4] = 0
    drawn = torch.randint(1, task.vocabulary_size, (count, length))
    return torch.where(torch.arange(length) < lengths, drawn, 0)


def raw_rows(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """uint8 (N, L) as a preparation gives them: texts whose words tell the label; the fourth one is empty."""
    texts = [" ".join([WORDS[label], *generator.choice(WORDS[4:], 1 + int(generator.integers(6)))]) for label in labels]
    return rows_of(["" if number == 3 else text for number, text in enumerate(texts)])


@cache
def preparation() -> TextPreparation:
    """The one that has made such rows."""
    return TextPreparation.fit([" ".join(WORDS)] * 2, ["text"])
