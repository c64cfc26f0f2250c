"""Additive Gaussian noise."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("gaussian_noise", task="image")
def gaussian_noise(std: Annotated[float, Float(0.005, 0.2, log=True)] = 0.02) -> object:
    """Adds noise whose standard deviation is drawn per image from 0 to `std` (pixels are in 0 to 1)."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        scale = std * torch.rand(len(images), 1, 1, 1, device=images.device)
        # Not randn_like: in channels_last it takes nine times as long.
        noise = torch.randn(images.shape, device=images.device)
        return noise.mul_(scale).add_(images).clamp_(0, 1), targets

    return apply
