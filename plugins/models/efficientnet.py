"""EfficientNets (Tan and Le 2019), torchvision's implementation."""

from typing import TYPE_CHECKING, Annotated, Literal

from automl_plugins.models._torchvision import adapt_channels, torchvision_net

from automl.plugin import Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("efficientnet", task="image", weights="efficientnet_{size}")
def efficientnet(
    task: Task,
    size: Literal["b0", "b1", "b2"] = "b0",
    stem_stride: Annotated[int, Int(lambda task: 1 if min(task.input_shape[1:]) <= 64 else 2, 2)] = 1,
    pretrained: bool = False,
) -> "nn.Module":
    """EfficientNet-B0, -B1 or -B2; a stem without stride is for images of 64 px or less."""
    from torch import nn

    # What the papers add against overfitting is left to the regularizers: they are searched.
    net = torchvision_net("efficientnet", f"efficientnet_{size}", pretrained, dropout=0.0, stochastic_depth_prob=0.0)
    stem = net.features[0][0]
    adapt_channels(stem, task.input_shape[0])
    stem.stride = (stem_stride, stem_stride)
    net.classifier = nn.Linear(net.classifier[1].in_features, task.num_outputs)
    return net
