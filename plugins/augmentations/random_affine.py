"""Random rotation, scaling and shift in one resampling."""

from math import pi
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("random_affine", task="image")
def random_affine(
    degrees: Annotated[float, Float(0.0, 45.0)] = 10.0,
    scale: Annotated[float, Float(0.0, 0.4)] = 0.1,
    shift: Annotated[float, Float(0.0, 0.25)] = 0.08,
) -> object:
    """Rotates by up to +-degrees, scales by 1 +- scale, shifts by up to +-shift of the size, each per image."""
    import torch
    from torch.nn import functional

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count, _, height, width = images.shape

        def uniform(limit: float) -> "Tensor":
            return (2 * torch.rand(count, 1, 1, device=images.device) - 1) * limit

        def axis(length: int) -> "Tensor":
            """The pixels' centres, from -1 to 1."""
            return (2 * torch.arange(length, device=images.device) + 1) / length - 1

        angle, zoom = uniform(degrees * pi / 180), 1 / (1 + uniform(scale))
        cos, sin = zoom * torch.cos(angle), zoom * torch.sin(angle)
        x, y = axis(width), axis(height)[:, None]
        # In units of half the size, so that a non-square image isn't sheared; faster than functional.affine_grid.
        grid = images.new_empty(count, height, width, 2)
        torch.add(cos * x, 2 * uniform(shift) - sin * height / width * y, out=grid[..., 0])
        torch.add(sin * width / height * x, 2 * uniform(shift) + cos * y, out=grid[..., 1])
        # Zeros outside would tell the model how an image was turned; its own border does not.
        moved = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
        return moved.clamp_(0, 1), targets

    return apply
