"""Cutout (DeVries and Taylor 2017) as random erasing (Zhong et al. 2020)."""

from math import log
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("cutout", task="image")
def cutout(
    area: Annotated[float, Float(0.03, 0.5)] = 0.25,
    p: Annotated[float, Float(0.05, 1.0)] = 0.5,
) -> object:
    """Paints with probability p a box of one random colour over a part of the image, 0.02 to `area` of it."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count, channels, height, width = images.shape

        def uniform(low: float, high: float) -> "Tensor":
            return low + (high - low) * torch.rand(count, 1, device=images.device)

        def hit(length: int, part: "Tensor") -> "Tensor":
            """(N, length): 1 in the rows or columns of a box that covers `part` (N, 1) of them, 0 in the others."""
            place = torch.arange(length, device=images.device) + 0.5
            first = uniform(0, 1) * (1 - part) * length
            return ((place >= first) & (place < first + part * length)).to(images.dtype)

        size = uniform(0.02, area).sqrt()
        stretch = uniform(log(0.3) / 2, -log(0.3) / 2).exp()
        # A box that is too long for the image keeps its area: it becomes as long as the image, and wider.
        stretch = stretch.clamp(size, 1 / size)
        rows = hit(height, size * stretch) * (uniform(0, 1) < p)
        box = rows[:, None, :, None] * hit(width, size / stretch)[:, None, None, :]
        colour = torch.rand(count, channels, 1, 1, device=images.device)
        # What is broadcast over channels is slow in channels_last; and `where` is slower than this, as exact by 0 or 1.
        return images.clone(memory_format=torch.contiguous_format).lerp_(colour, box), targets

    return apply
