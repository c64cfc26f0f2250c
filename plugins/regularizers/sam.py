"""Sharpness-aware minimization (Foret et al. 2021)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import Tensor, nn


@regularizer("sam", neutral={"rho": 0.0}, live=("rho",))
def sam(rho: Annotated[float, Float(0.01, 0.5, log=True)] = 0.05) -> Regularizer:
    """Steps by the gradient at the worst point within `rho` of the weights; a step takes twice as long.

    As in the authors' code: both passes draw the same dropout masks, and the first one's running statistics are kept.
    """
    return Sam(rho)


class Sam(Regularizer):
    def __init__(self, rho: float) -> None:
        self.rho = rho

    def gradients(self, compute: "Callable[[], Tensor]", model: "nn.Module") -> "Tensor":
        import torch
        from torch.nn.utils import get_total_norm

        if self.rho == 0:
            return compute()
        device = next(model.parameters()).device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):  # the second pass draws the same again
            loss = compute()
        gradients = {p: p.grad for p in model.parameters() if p.grad is not None}
        kept = [(tensor, tensor.detach().clone()) for tensor in (*gradients, *model.buffers())]
        scale = self.rho / (get_total_norm(gradients.values()) + 1e-12)
        with torch.no_grad():
            for parameter, gradient in gradients.items():
                parameter.add_(gradient * scale)
        compute()
        with torch.no_grad():
            for tensor, value in kept:
                tensor.copy_(value)
        return loss
