"""Mirror top and bottom."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("vertical_flip")
def vertical_flip(p: Annotated[float, Float(0.05, 0.95)] = 0.5) -> object:
    """Mirrors an image top to bottom with probability p."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < p
        return torch.where(chosen, images.flip(2), images), targets

    return apply
