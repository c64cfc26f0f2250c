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


TAGS = ("O", "B-x", "I-x", "B-y")
"""Of words; each of the first `WORDS` has its own."""


def text_task(kind: str, length: int, vocabulary: int, outputs: int, names: tuple[str, ...]) -> Task:
    """A task on texts of so many tokens."""
    return Task(kind=kind, num_outputs=outputs, input_shape=(length,), class_names=names, vocabulary_size=vocabulary)


def inputs(task: Task, count: int, model: nn.Module | None) -> Tensor:
    """A batch as a model gets it: what it reads itself, else tokens."""
    if model is None or reader_of(model) is None:
        return (pieces if task.is_per_word else tokens)(task, count)
    scaling, generator = scaling_for(preparation(task.is_per_word), CPU), np.random.default_rng(0)
    rows = sentences(count, generator)[0] if task.is_per_word else raw_rows(np.arange(count) % 4, generator)
    return scaling.to_unit(scaling.read(model, DeviceArray(rows, CPU)).rows(slice(None)))


def tokens(task: Task, count: int) -> Tensor:
    """int64 (count, T) as a model gets them, any of those that there are; of one in four the text is empty."""
    (length,) = task.input_shape
    lengths = torch.randint(1, length + 1, (count, 1))
    lengths[3::4] = 0
    drawn = torch.randint(1, task.vocabulary_size, (count, length))
    return torch.where(torch.arange(length) < lengths, drawn, 0)


def pieces(task: Task, count: int) -> Tensor:
    """The same of texts whose words have classes, see `word_pieces`; none is empty."""
    drawn = tokens(task, count)
    drawn[:, 0] = 1
    is_more = torch.rand(drawn.shape) < 0.3
    is_more[:, 0] = False
    return torch.where(is_more, -drawn, drawn)


def sentences(count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (N, L) rows, and int64 (N, W) the classes of their words, which hang on the words alone."""
    most = USUAL[0] // 2
    drawn = generator.integers(len(WORDS), size=(count, most))
    drawn[np.arange(most) > generator.integers(most, size=(count, 1))] = -1
    rows = rows_of([" ".join(WORDS[word] for word in row if word >= 0) for row in drawn])
    return rows, np.where(drawn < len(TAGS), drawn, 0)


def raw_rows(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """uint8 (N, L) as a preparation gives them: texts whose words tell the label; the fourth one is empty."""
    texts = [" ".join([WORDS[label], *generator.choice(WORDS[4:], 1 + int(generator.integers(6)))]) for label in labels]
    return rows_of(["" if number == 3 else text for number, text in enumerate(texts)])


@cache
def preparation(per_word: bool = False) -> TextPreparation:
    """The one that has made such rows."""
    if per_word:
        return TextPreparation.fit_words([" ".join(WORDS)] * 2, "text", USUAL[0])
    return TextPreparation.fit([" ".join(WORDS)] * 2, ["text"])
