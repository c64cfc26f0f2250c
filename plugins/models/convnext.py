"""ConvNeXt (Liu et al. 2022), torchvision's implementation."""

from typing import TYPE_CHECKING, Annotated, Literal

from automl_plugins.models._torchvision import adapt_channels, torchvision_net

from automl.plugin import Choice, Int, Task, model

if TYPE_CHECKING:
    from torch import nn

SMALL = {"atto": 40, "pico": 64}
"""Channels of the first stage; all have 2, 2, 6 and 2 blocks (Woo et al. 2023)."""


def too_small(task: Task) -> str | None:
    side = min(task.input_shape[1:])
    return f"needs 8 px or more, the images have {side}" if side < 8 else None


@model("convnext", task="image", applies=too_small, weights="convnext_{size}")
def convnext(
    task: Task,
    size: Literal["atto", "pico", "tiny"] = "atto",
    patch: Annotated[
        int,
        Int(
            lambda task: min(4, -(-min(task.input_shape[1:]) // 64)),
            lambda task: max(1, min(4, min(task.input_shape[1:]) // 8)),
        ),
    ] = 2,
    pretrained: Annotated[bool, Choice(when={"size": "tiny"})] = False,
) -> "nn.Module":
    """ConvNeXt-Atto, -Pico or -Tiny; patches below 4 px (then without pretrained ones) are for images below 64 px."""
    from torch import nn
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt

    # What the paper adds against overfitting is left to the regularizers: they are searched.
    if size == "tiny":
        net = torchvision_net("convnext", "convnext_tiny", pretrained, stochastic_depth_prob=0.0)
    else:
        widths = [SMALL[size] * 2**stage for stage in range(4)]
        net = ConvNeXt([CNBlockConfig(*stage) for stage in zip(widths, [*widths[1:], None], (2, 2, 6, 2), strict=True)])
    stem = net.features[0]
    if patch == 4:
        adapt_channels(stem[0], task.input_shape[0])
    else:
        stem[0] = nn.Conv2d(task.input_shape[0], stem[0].out_channels, patch, patch)
    net.classifier[2] = nn.Linear(net.classifier[2].in_features, task.num_outputs)
    return net
