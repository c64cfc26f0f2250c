"""Random brightness, as in torchvision's `ColorJitter(brightness=limit)`."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("brightness", task="image")
def brightness(limit: Annotated[float, Float(0.05, 0.8)] = 0.3) -> object:
    """Multiplies each image by a factor from 1 - limit to 1 + limit."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        factor = 1 + limit * (2 * torch.rand(len(images), 1, 1, 1, device=images.device) - 1)
        return (images * factor).clamp_(0, 1), targets

    return apply
