"""mixup (Zhang et al. 2018)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Task, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("mixup", task="image")
def mixup(task: Task, alpha: Annotated[float, Float(0.1, 2.0, log=True)] = 0.2) -> object:
    """Mixes each image and its target with another of the batch, by a share drawn from Beta(alpha, alpha)."""
    import torch
    from torch.distributions import Beta
    from torch.nn import functional

    shares = Beta(alpha, alpha)

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count = len(images)
        share = shares.sample((count,)).to(images.device, images.dtype)
        partner = torch.randperm(count, device=images.device)
        if targets.ndim == 1:
            targets = functional.one_hot(targets, task.num_classes).to(images.dtype)
        mixed = images[partner].lerp_(images, share.view(-1, 1, 1, 1))
        return mixed, torch.lerp(targets[partner], targets, share.view(-1, 1))

    return apply
