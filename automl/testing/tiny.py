"""Tiny tasks, batches and data sets: all that the checks know of each kind of task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from automl.components import TASK_KINDS, Component, Task
from automl.data import ImagePreparation, Preparation
from automl.testing import tiny_tables, tiny_texts
from automl.testing.result import Broken
from automl.training import TrainingData

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDES = (28, 32, 64, 80, 96, 128, 224)
"""Pixels: a component is checked at the first of these that it fits."""
ODD_SIZES = ((1, 8, 8), (3, 8, 8), (1, 33, 40), (3, 33, 40))
CLASSES = 4
CLASS_NAMES = tuple(f"class{index}" for index in range(CLASSES))
TRAIN, VAL = 16, 8
"""Inputs."""


def task_of(kind: str, form: Any) -> Task:
    """A task of four classes, or of two values; `form` is (C, H, W), a table's numbers and sizes of categories, or a
    text's length and how many tokens there are."""
    classifies = kind.endswith("classification")
    outputs, names = (CLASSES, CLASS_NAMES) if classifies else (2, ())
    if kind.startswith("token-"):
        names = tiny_texts.TAGS
    if kind.startswith("table-"):
        numbers, sizes = form
        return tiny_tables.table_task(kind, numbers, sizes, outputs, names)
    if kind.startswith(("text-", "token-")):
        length, vocabulary = form
        return tiny_texts.text_task(kind, length, vocabulary, outputs, names)
    return Task(kind=kind, num_outputs=outputs, input_shape=form, class_names=names)


def usual_task(component: Component, kind: str) -> Task:
    """Rows of a few columns, texts of a few tokens, or colour images of the smallest usual size that it fits."""
    forms: dict[str, list[Any]] = {
        "image": [(3, side, side) for side in SIDES],
        "table": [tiny_tables.USUAL],
        "text": [tiny_texts.USUAL],
        "token": [tiny_texts.USUAL],
    }
    tasks = [task_of(kind, form) for form in forms[kind.partition("-")[0]]]
    for task in tasks:
        if component.mismatch(task) is None:
            return task
    raise Broken(
        f"it fits none of the sizes that are tried ({described(tasks[0])} to {described(tasks[-1])}): "
        f"{component.mismatch(tasks[-1])}",
        "applies=... returns None where the component fits a task, otherwise the reason.",
    )


def odd_tasks(kind: str) -> list[Task]:
    """Sizes that the data may have and an author may not have thought of."""
    texts = tiny_texts.ODD
    forms: dict[str, Any] = {"image": ODD_SIZES, "table": tiny_tables.ODD, "text": texts, "token": texts}
    return [task_of(kind, form) for form in forms[kind.partition("-")[0]]]


def described(task: Task) -> str:
    """What its inputs are: "images of 3x28x28", "rows of 4 numbers and 3 categories"."""
    if task.is_table:
        return f"rows of {task.num_numeric} numbers and {len(task.category_sizes)} categories"
    if task.is_text:
        return f"texts of {task.input_shape[0]} tokens, {task.vocabulary_size} different ones"
    return f"images of {'x'.join(map(str, task.input_shape))}"


def noun(task: Task) -> str:
    """How messages call its inputs."""
    return "rows" if task.is_table else "texts" if task.is_text else "images"


def batch(task: Task, count: int, model: nn.Module | None = None) -> tuple[Tensor, Tensor]:
    """(count, C, H, W) float32 in [0, 1], as the engine lays it out, (count, F), or int64 (count, T); and the targets
    that the engine gives, one for each word where words have classes.

    Args:
        model: That it is for, where that may read texts itself.
    """
    if task.is_table:
        return tiny_tables.rows(task, count), targets(task, count)
    if task.is_text:
        texts = tiny_texts.inputs(task, count, model)
        return texts, targets(task, int((texts > 0).sum()) if task.is_per_word else count)
    inputs = torch.rand(count, *task.input_shape).to(memory_format=torch.channels_last)
    return inputs, targets(task, count)


def targets(task: Task, count: int) -> Tensor:
    """Class indices (count,), or values (count, outputs)."""
    return torch.arange(count) % task.num_classes if task.is_classification else torch.rand(count, task.num_outputs)


def training_data(task: Task, train: int = TRAIN, val: int = VAL) -> TrainingData:
    """Images whose brightness tells their class, or their values; or rows, or texts, that do."""
    generator = np.random.default_rng(0)

    def split(count: int) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
        if task.is_per_word:
            return tiny_texts.sentences(count, generator)
        labels = np.arange(count) % CLASSES
        inputs = _inputs(task, labels, generator)
        if task.is_classification:
            return inputs, labels.astype(np.int64)
        return inputs, np.repeat(labels.astype(np.float32)[:, None], task.num_outputs, 1)

    return TrainingData(task, _preparation(task), *split(train), *split(val))


def _inputs(task: Task, labels: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.generic]:
    if task.is_text:
        return tiny_texts.raw_rows(labels, generator)
    return (tiny_tables.raw_rows if task.is_table else _images)(task, labels, generator)


def _images(task: Task, labels: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.uint8]:
    brightness = (40 + 60 * labels).reshape(-1, 1, 1, 1)
    images = generator.normal(brightness, 25, (len(labels), *task.input_shape))
    return np.clip(images, 0, 255).astype(np.uint8)


def _preparation(task: Task) -> Preparation:
    if task.is_table:
        return tiny_tables.preparation(task)
    if task.is_text:
        return tiny_texts.preparation(task.is_per_word)
    channels, height, width = task.input_shape
    return ImagePreparation(channels, height, width, 255, (0.5,) * channels, (0.25,) * channels)


def reference_model() -> Component:
    """The model that augmentations and regularizers are checked with: no plugin's, so that none can break them."""
    return Component(kind="model", name="reference", factory=_reference, tasks=TASK_KINDS, origin="automl.testing")


def _reference(task: Task) -> nn.Module:
    """A small residual network; for tables, tokens and the mean of a text's tokens one hidden layer."""
    if task.is_table:
        hidden = nn.Linear(task.input_shape[0], 16, bias=False)
        return nn.Sequential(hidden, nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, task.num_outputs))
    if task.is_per_word:
        each = nn.Embedding(task.vocabulary_size, 16, padding_idx=0)
        return nn.Sequential(each, nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, task.num_outputs))
    if task.is_text:
        hidden = nn.Linear(16, 16, bias=False)
        vectors = nn.EmbeddingBag(task.vocabulary_size, 16, padding_idx=0)
        return nn.Sequential(vectors, hidden, nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, task.num_outputs))
    from torchvision.models.resnet import BasicBlock

    return nn.Sequential(
        nn.Conv2d(task.input_shape[0], 8, 3, 2, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        BasicBlock(8, 8),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, task.num_outputs),
    )
