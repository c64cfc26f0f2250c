"""Noise on the numbers of a table's row."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Task, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("feature_noise", task="table", applies=lambda task: None if task.num_numeric else "there are no numbers")
def feature_noise(task: Task, std: Annotated[float, Float(0.005, 0.5, log=True)] = 0.05) -> object:
    """Adds Gaussian noise to each number; `std` is in standard deviations of what is prepared."""
    import torch

    def apply(rows: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        noisy = rows.clone()
        numbers = noisy[:, : task.num_numeric]
        numbers += std * torch.randn_like(numbers)
        return noisy, targets

    return apply
