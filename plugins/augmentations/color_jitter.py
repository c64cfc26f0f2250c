"""Random brightness, contrast and saturation."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("color_jitter")
def color_jitter(
    brightness: Annotated[float, Float(0.0, 0.5)] = 0.2,
    contrast: Annotated[float, Float(0.0, 0.8)] = 0.3,
    saturation: Annotated[float, Float(0.0, 0.8)] = 0.2,
) -> object:
    """Per image: adds up to +-brightness, scales around the mean by up to 1 +- contrast, colours by 1 +- saturation."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        def uniform(limit: float) -> "Tensor":
            return (2 * torch.rand(len(images), 1, 1, 1, device=images.device) - 1) * limit

        if images.shape[1] == 3:
            grey = images.mean(1, keepdim=True)
            images = grey + (images - grey) * (1 + uniform(saturation))
        mean = images.mean((1, 2, 3), keepdim=True)
        return ((images - mean) * (1 + uniform(contrast)) + mean + uniform(brightness)).clamp(0, 1), targets

    return apply
