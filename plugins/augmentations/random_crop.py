"""Shift by padding and cropping."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Task, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("random_crop", task="image")
def random_crop(task: Task, padding: Annotated[float, Float(0.02, 0.25)] = 0.1) -> object:
    """Pads with zeros by a fraction of the size (one pixel at least), then crops at a random place per image."""
    import torch
    from torch.nn import functional

    pad_y, pad_x = (max(1, round(padding * side)) for side in task.input_shape[1:])

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count, _, height, width = images.shape
        padded = functional.pad(images, (pad_x, pad_x, pad_y, pad_y))
        top = torch.randint(0, 2 * pad_y + 1, (count,), device=images.device)
        left = torch.randint(0, 2 * pad_x + 1, (count,), device=images.device)
        crops = padded.unfold(2, height, 1).unfold(3, width, 1)  # a view of every crop: (N, C, tops, lefts, H, W)
        return crops[torch.arange(count, device=images.device), :, top, left], targets

    return apply
