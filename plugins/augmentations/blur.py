"""Gaussian blur, as strong as it happens for each image (as in SimCLR, Chen et al. 2020)."""

from math import ceil
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor

PIECE = 800_000
"""Numbers that are blurred at once: they stay in a CPU's cache, which at 224 px halves the time."""


@augmentation("blur", task="image")
def blur(sigma: Annotated[float, Float(0.1, 2.0)] = 1.0) -> object:
    """Blurs with a Gaussian whose standard deviation is drawn per image from 0 to `sigma` pixels."""
    import torch
    from torch.nn import functional

    reach = ceil(3 * sigma)

    def blurred(images: "Tensor", weights: "Tensor") -> "Tensor":
        """A row of shifted copies, then a column: for such short kernels faster than convolving or a matrix product."""
        result = functional.pad(images, (reach,) * 4, mode="replicate")
        for axis in (3, 2):
            padded, size = result, images.shape[axis]
            result = padded.narrow(axis, 0, size) * weights[..., 0]
            for tap in range(1, 2 * reach + 1):
                result.addcmul_(padded.narrow(axis, tap, size), weights[..., tap])
        return result.clamp_(0, 1)

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        drawn = sigma * (1 - torch.rand(len(images), 1, 1, 1, 1, device=images.device))  # never 0
        weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=images.device) / drawn) ** 2)
        weights = weights / weights.sum(-1, keepdim=True)
        count = max(1, PIECE // images[0].numel())
        pieces = zip(torch.split(images, count), torch.split(weights, count), strict=True)
        return torch.cat([blurred(*piece) for piece in pieces]), targets

    return apply
