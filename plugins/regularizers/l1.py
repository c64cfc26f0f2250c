"""L1 penalty (Tibshirani 1996)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import Tensor, nn


@regularizer("l1", neutral={"strength": 0.0}, live=("strength",))
def l1(strength: Annotated[float, Float(1e-7, 1e-3, log=True)] = 1e-5) -> Regularizer:
    """Adds strength x the sum of the absolute weights (not of biases and norms) to the loss."""
    return L1(strength)


class L1(Regularizer):
    def __init__(self, strength: float) -> None:
        self.strength = strength

    def penalty(self, model: "nn.Module") -> "Tensor":
        import torch

        weights = [p.abs().sum() for p in model.parameters() if p.ndim > 1]
        return self.strength * torch.stack(weights).sum()
