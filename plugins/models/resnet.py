"""Residual networks (He et al. 2016), torchvision's implementation."""

from typing import TYPE_CHECKING, Annotated, Literal

from automl_plugins.models._torchvision import adapt_channels, torchvision_net

from automl.plugin import Choice, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("resnet", task="image", weights="resnet{depth}")
def resnet(
    task: Task,
    depth: Annotated[int, Choice(18, 34, 50)] = 18,
    stem: Literal["small", "imagenet"] = "small",
    stem_stride: Annotated[int, Choice(1, 2, when={"stem": "small"})] = 2,
    pretrained: bool = False,
) -> "nn.Module":
    """ResNet-18, -34 or -50; the small stem (one 3x3 convolution, no pooling) is for images below about 64 px."""
    from torch import nn

    net = torchvision_net("resnet", f"resnet{depth}", pretrained)
    if stem == "small":
        net.conv1 = nn.Conv2d(task.input_shape[0], 64, 3, stem_stride, 1, bias=False)
        net.maxpool = nn.Identity()
    else:
        adapt_channels(net.conv1, task.input_shape[0])
    net.fc = nn.Linear(net.fc.in_features, task.num_outputs)
    return net
