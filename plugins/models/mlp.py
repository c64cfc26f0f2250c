"""Multilayer perceptron on the pixels of an image or the columns of a table."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._table import row_features

from automl.plugin import Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("mlp", task=("image", "table"), conflicts=("regularizer.stochastic_depth", "regularizer.freeze_backbone"))
def mlp(
    task: Task,
    width: Annotated[int, Int(16, 1024, log=True)] = 256,
    depth: Annotated[int, Int(1, 4)] = 2,
) -> "nn.Module":
    """Hidden layers of equal width with batch norm and ReLU, on an image's pixels or a row's values."""
    from math import prod

    from torch import nn

    first, inputs = row_features(task) if task.is_table else (nn.Flatten(), [prod(task.input_shape)])
    layers: list[nn.Module] = [first]
    for before, after in pairwise([sum(inputs)] + [width] * depth):
        layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, task.num_outputs))
