"""A small convolutional network: seconds per epoch on one CPU core."""

from typing import TYPE_CHECKING, Annotated, Literal

from automl.plugin import Choice, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


SMALLEST = 4
"""Pixels below which the size is not halved any more."""


@model(
    "small_cnn",
    task="image",
    conflicts=("regularizer.stochastic_depth", "regularizer.freeze_backbone"),
)
def small_cnn(
    task: Task,
    width: Annotated[int, Int(8, 128, log=True)] = 32,
    stages: Annotated[int, Int(2, 4)] = 3,
    convolutions: Annotated[int, Int(1, 2)] = 1,
    stem_stride: Annotated[int, Choice(1, 2)] = 1,
    pool: Literal["mean", "max"] = "mean",
) -> "nn.Module":
    """Stages of 3x3 convolutions that double the width; the last ones halve the size while 4 px stay."""
    from torch import nn

    side = min(task.input_shape[1:]) // stem_stride
    halvings = min(stages - 1, max(0, (side // SMALLEST).bit_length() - 1))
    layers: list[nn.Module] = []
    channels = task.input_shape[0]
    for stage in range(stages):
        if stage >= stages - halvings:
            layers.append(nn.MaxPool2d(2))
        for convolution in range(convolutions):
            stride = stem_stride if stage == convolution == 0 else 1
            outputs = width * 2**stage
            layers += [nn.Conv2d(channels, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
            channels = outputs
    pooling = nn.AdaptiveAvgPool2d(1) if pool == "mean" else nn.AdaptiveMaxPool2d(1)
    return nn.Sequential(*layers, pooling, nn.Flatten(), nn.Linear(channels, task.num_outputs))
