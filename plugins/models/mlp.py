"""Multilayer perceptron on the pixels of an image or the columns of a table."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._table import Numbers, row_features

from automl.plugin import Choice, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("mlp", task=("image", "table"), conflicts=("regularizer.stochastic_depth", "regularizer.freeze_backbone"))
def mlp(
    task: Task,
    width: Annotated[int, Int(16, 1024, log=True)] = 256,
    depth: Annotated[int, Int(1, 4)] = 2,
    numbers: Annotated[Numbers, Choice(fits=lambda task, how: how == "plain" or task.num_numeric > 0)] = "plain",
) -> "nn.Module":
    """Hidden layers of equal width with batch norm and ReLU, on an image's pixels or a row's values."""
    from math import prod

    from torch import nn

    first, inputs = row_features(task, numbers) if task.is_table else (nn.Flatten(), [prod(task.input_shape)])
    layers: list[nn.Module] = [first]
    for before, after in pairwise([sum(inputs)] + [width] * depth):
        layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, task.num_outputs))
