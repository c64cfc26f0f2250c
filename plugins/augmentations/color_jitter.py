"""Random brightness, contrast and saturation."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("color_jitter", task="image")
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

        # Sums over channels, and what is broadcast over them, are slow in channels_last.
        jittered = images.clone(memory_format=torch.contiguous_format)
        scale = 1 + uniform(contrast)
        offset = uniform(brightness) + (1 - scale) * images.mean((1, 2, 3), keepdim=True)
        if images.shape[1] == 3:
            colour = 1 + uniform(saturation)
            offset = offset + (1 - colour) * scale * jittered.mean(1, keepdim=True)
            scale = scale * colour
        return jittered.mul_(scale).add_(offset).clamp_(0, 1), targets

    return apply
