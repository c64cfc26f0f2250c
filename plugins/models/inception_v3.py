"""Inception-v3 (Szegedy et al. 2016), torchvision's implementation."""

from typing import TYPE_CHECKING

from automl_plugins.models._torchvision import adapt_channels, torchvision_net

from automl.plugin import Task, model

if TYPE_CHECKING:
    from torch import nn

SMALLEST = 75
"""Pixels below which nothing would be left of an image; 299 is what it was designed for."""


def too_small(task: Task) -> str | None:
    side = min(task.input_shape[1:])
    return f"needs {SMALLEST} px or more, the images have {side}" if side < SMALLEST else None


@model(
    "inception_v3",
    task="image",
    applies=too_small,
    conflicts=("regularizer.stochastic_depth",),
    weights="inception_v3",
)
def inception_v3(task: Task, pretrained: bool = False) -> "nn.Module":
    """Inception-v3 without its auxiliary classifier, for images of 75 px and more."""
    from torch import nn

    options = {"init_weights": False, "transform_input": False, "dropout": 0.0}
    net = torchvision_net("inception_v3", "inception_v3", pretrained, **options)
    net.aux_logits, net.AuxLogits = False, None  # only now: torchvision loads weights into the whole net
    first = net.Conv2d_1a_3x3.conv
    if pretrained:
        first.weight.data *= 0.45  # they were trained on pixels in [-1, 1], whose standard deviation is that, not 1
    adapt_channels(first, task.input_shape[0])
    net.fc = nn.Linear(net.fc.in_features, task.num_outputs)
    return net
