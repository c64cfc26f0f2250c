"""Inception modules (Szegedy et al. 2015), torchvision's with batch norm, in a network for small images."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model(
    "inception",
    task="image",
    conflicts=("regularizer.stochastic_depth", "regularizer.freeze_backbone"),
)
def inception(
    task: Task,
    width: Annotated[int, Int(32, 128, step=16)] = 64,
    modules: Annotated[int, Int(1, 3)] = 2,
    stem_stride: Annotated[int, Int(lambda task: 1 if min(task.input_shape[1:]) <= 64 else 2, 2)] = 1,
) -> "nn.Module":
    """Three stages of Inception modules that double the width and halve the size: GoogLeNet for small images."""
    from torch import nn
    from torchvision.models.googlenet import BasicConv2d, Inception

    layers: list[nn.Module] = [BasicConv2d(task.input_shape[0], width, kernel_size=3, stride=stem_stride, padding=1)]
    inputs = width
    for outputs in (width, 2 * width, 4 * width):
        if outputs > width:
            layers.append(nn.MaxPool2d(3, 2, 1))
        for _ in range(modules):
            # The shares of the four branches, and of the reductions before them, in the paper's module 3a.
            sixteenth = outputs // 16
            branches = (4, 6, 8, 1, 2, 2)
            layers.append(Inception(inputs, *(share * sixteenth for share in branches)))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, task.num_outputs))
