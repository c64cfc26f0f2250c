"""mixup (Zhang et al. 2018)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Task, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("mixup", task=("image", "table", "text"), on_embeddings=True)
def mixup(task: Task, alpha: Annotated[float, Float(0.1, 2.0, log=True)] = 0.2) -> object:
    """Mixes each image, row or text and its target with another of the batch, by a share drawn from Beta(alpha, alpha).

    A category can't be mixed: it is that of the other row with the probability of the other's share. Of texts those
    vectors are mixed that the last layer gets (Guo et al. 2019).
    """
    import torch
    from torch.distributions import Beta
    from torch.nn import functional

    shares = Beta(alpha, alpha)

    def apply(inputs: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count = len(inputs)
        share = shares.sample((count,)).to(inputs.device, inputs.dtype)
        partner = torch.randperm(count, device=inputs.device)
        if targets.ndim == 1:
            targets = functional.one_hot(targets, task.num_classes).to(inputs.dtype)
        mixed = inputs[partner].lerp_(inputs, share.view(-1, *[1] * (inputs.ndim - 1)))
        if task.category_sizes:
            codes = inputs[:, task.num_numeric :]
            own = torch.rand_like(codes) < share.view(-1, 1)
            mixed[:, task.num_numeric :] = torch.where(own, codes, codes[partner])
        return mixed, torch.lerp(targets[partner], targets, share.view(-1, 1))

    return apply
