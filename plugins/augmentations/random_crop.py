"""Shift by padding and cropping."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Task, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("random_crop")
def random_crop(task: Task, padding: Annotated[float, Float(0.02, 0.25)] = 0.1) -> object:
    """Pads with zeros by a fraction of the size (one pixel at least), then crops at a random place per image."""
    import torch
    from torch.nn import functional

    margins = [max(1, round(padding * side)) for side in task.input_shape[1:]]

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count, channels, height, width = images.shape
        pad_y, pad_x = margins
        padded = functional.pad(images, (pad_x, pad_x, pad_y, pad_y))
        device = images.device
        rows = torch.randint(0, 2 * pad_y + 1, (count, 1), device=device) + torch.arange(height, device=device)
        columns = torch.randint(0, 2 * pad_x + 1, (count, 1), device=device) + torch.arange(width, device=device)
        sample = torch.arange(count, device=device).view(-1, 1, 1, 1)
        channel = torch.arange(channels, device=device).view(1, -1, 1, 1)
        return padded[sample, channel, rows.view(count, 1, -1, 1), columns.view(count, 1, 1, -1)], targets

    return apply
