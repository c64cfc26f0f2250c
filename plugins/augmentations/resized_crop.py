"""Random resized crop (Szegedy et al. 2015)."""

from math import log
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("resized_crop", task="image")
def resized_crop(
    scale: Annotated[float, Float(0.08, 0.95)] = 0.5,
    ratio: Annotated[float, Float(1.0, 2.0)] = 1.33,
) -> object:
    """Enlarges a part of the image, `scale` to 1 of its area, stretched by up to `ratio` either way."""
    import torch
    from torch.nn import functional

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count, _, height, width = images.shape

        def uniform(low: float, high: float) -> "Tensor":
            return low + (high - low) * torch.rand(count, 1, device=images.device)

        def axis(length: int, part: "Tensor") -> "Tensor":
            """(N, length): where to look, from -1 to 1, for `part` (N, 1) of an axis at a random place."""
            centres = (2 * torch.arange(length, device=images.device) + 1) / length - 1
            return part * centres + (1 - part) * uniform(-1, 1)

        size = uniform(scale, 1).sqrt()
        stretch = uniform(-log(ratio) / 2, log(ratio) / 2).exp().clamp(size, 1 / size)  # keeps the area inside
        grid = images.new_empty(count, height, width, 2)
        grid[..., 0] = axis(width, size * stretch)[:, None, :]
        grid[..., 1] = axis(height, size / stretch)[:, :, None]
        # A part is only ever enlarged, so bilinear sampling needs no smoothing before it.
        cropped = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
        return cropped.clamp_(0, 1), targets

    return apply
