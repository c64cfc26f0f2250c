"""Random rotation, scaling and shift in one resampling."""

from math import pi
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("random_affine")
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
            return (2 * torch.rand(count, device=images.device) - 1) * limit

        angle, zoom = uniform(degrees * pi / 180), 1 / (1 + uniform(scale))
        cos, sin = zoom * torch.cos(angle), zoom * torch.sin(angle)
        # affine_grid works in units of half the size: a non-square image must not be sheared by the rotation.
        rows = [cos, -sin * height / width, 2 * uniform(shift), sin * width / height, cos, 2 * uniform(shift)]
        grid = functional.affine_grid(torch.stack(rows, 1).view(count, 2, 3), list(images.shape), align_corners=False)
        # Zeros outside would tell the model how an image was turned; its own border does not.
        return functional.grid_sample(images, grid, padding_mode="border", align_corners=False), targets

    return apply
