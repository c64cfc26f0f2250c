"""Mirror top and bottom."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("vertical_flip", task="image")
def vertical_flip(p: Annotated[float, Float(0.05, 0.95)] = 0.5) -> object:
    """Mirrors an image top to bottom with probability p."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        # Drawn on the CPU, so that nothing waits for a GPU to say how many they are.
        chosen = (torch.rand(len(images)) < p).nonzero().flatten().to(images.device)
        flipped = images.clone()
        flipped[chosen] = images[chosen].flip(2)
        return flipped, targets

    return apply
