"""Densely connected networks (Huang et al. 2017), torchvision's implementation."""

from typing import TYPE_CHECKING, Annotated, Literal

from automl_plugins.models._torchvision import adapt_channels, torchvision_net

from automl.plugin import Choice, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model(
    "densenet",
    task="image",
    conflicts=("regularizer.stochastic_depth",),
    weights="densenet{depth}",
)
def densenet(
    task: Task,
    depth: Annotated[int, Choice(40, 100, 121)] = 40,
    growth: Annotated[int, Int(8, 32, step=4, when={"depth": [40, 100]})] = 12,
    stem: Literal["small", "imagenet"] = "small",
    stem_stride: Annotated[int, Choice(1, 2, when={"stem": "small"})] = 2,
    pretrained: Annotated[bool, Choice(when={"depth": 121})] = False,
) -> "nn.Module":
    """DenseNet-BC-40 and -100 with three blocks (the paper's for 32 px), and DenseNet-121; stems as in resnet."""
    from torch import nn
    from torchvision.models import DenseNet

    if depth == 121:
        net = torchvision_net("densenet", "densenet121", pretrained)
    else:
        # Two convolutions a layer; one more before the blocks, one between two of them, and the last layer.
        net = DenseNet(growth, ((depth - 4) // 6,) * 3, 2 * growth)
    features = net.features
    if stem == "small":
        features.conv0 = nn.Conv2d(task.input_shape[0], features.norm0.num_features, 3, stem_stride, 1, bias=False)
        features.pool0 = nn.Identity()
    else:
        adapt_channels(features.conv0, task.input_shape[0])
    for module in features.modules():
        if isinstance(module, nn.AvgPool2d):
            module.ceil_mode = True  # one pixel stays one pixel
    net.classifier = nn.Linear(net.classifier.in_features, task.num_outputs)
    return net
