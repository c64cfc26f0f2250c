"""Residual networks (He et al. 2016), torchvision's implementation."""

from typing import TYPE_CHECKING, Annotated, Literal

from automl.plugin import Choice, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("resnet", task=("image-classification", "image-regression"))
def resnet(
    task: Task,
    depth: Annotated[int, Choice(18, 34, 50)] = 18,
    stem: Literal["small", "imagenet"] = "small",
    stem_stride: Annotated[int, Choice(1, 2, when={"stem": "small"})] = 2,
    pretrained: bool = False,
) -> "nn.Module":
    """ResNet-18, -34 or -50; the small stem (one 3x3 convolution, no pooling) is for images below about 64 px."""
    from torch import nn
    from torchvision import models

    net = getattr(models, f"resnet{depth}")(weights=_weights(depth) if pretrained else None)
    channels = task.input_shape[0]
    if stem == "small":
        net.conv1 = nn.Conv2d(channels, 64, 3, stem_stride, 1, bias=False)
        net.maxpool = nn.Identity()
    elif channels != 3:
        rgb = net.conv1.weight.data
        net.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        # The sum over the colours answers a grey image as the pretrained filter answers its RGB copy.
        net.conv1.weight.data = rgb.sum(1, keepdim=True).expand(-1, channels, -1, -1).clone() / channels
    net.fc = nn.Linear(net.fc.in_features, task.num_outputs)
    return net


def _weights(depth: int) -> object:
    """torchvision's ImageNet weights, fetched into torch's cache if need be."""
    from urllib.error import URLError

    from torchvision import models

    weights = models.get_model_weights(f"resnet{depth}").DEFAULT
    try:
        weights.get_state_dict(progress=False, check_hash=True)
    except (URLError, OSError) as error:
        raise RuntimeError(
            f"the pretrained weights of resnet{depth} are not in torch's cache and can't be fetched ({error}): "
            "go online once, or --set model.resnet.pretrained=false"
        ) from error
    return weights
