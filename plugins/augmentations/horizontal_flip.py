"""Mirror left and right."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("horizontal_flip", task="image")
def horizontal_flip(p: Annotated[float, Float(0.05, 0.95)] = 0.5) -> object:
    """Mirrors an image left to right with probability p."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        # Drawn on the CPU, so that nothing waits for a GPU to say how many they are.
        chosen = (torch.rand(len(images)) < p).nonzero().flatten().to(images.device)
        flipped = images.clone()
        flipped[chosen] = images[chosen].flip(3)
        return flipped, targets

    return apply
