"""Random contrast, as in torchvision's `ColorJitter(contrast=limit)`, around the mean of all channels."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("contrast", task="image")
def contrast(limit: Annotated[float, Float(0.05, 0.9)] = 0.4) -> object:
    """Scales each image around its mean by a factor from 1 - limit to 1 + limit."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        factor = 1 + limit * (2 * torch.rand(len(images), 1, 1, 1, device=images.device) - 1)
        mean = images.mean((1, 2, 3), keepdim=True)
        return torch.lerp(mean, images, factor).clamp_(0, 1), targets

    return apply
