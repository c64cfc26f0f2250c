"""Gradient clipping by the global norm (Pascanu et al. 2013)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import nn


@regularizer("gradient_clipping", neutral={"max_norm": float("inf")}, live=("max_norm",))
def gradient_clipping(max_norm: Annotated[float, Float(0.1, 10.0, log=True)] = 1.0) -> Regularizer:
    """Scales all gradients of a step so that their common L2 norm is at most `max_norm`."""
    return GradientClipping(max_norm)


class GradientClipping(Regularizer):
    def __init__(self, max_norm: float) -> None:
        self.max_norm = max_norm

    def before_step(self, model: "nn.Module") -> None:
        from torch.nn.utils import clip_grad_norm_

        clip_grad_norm_(model.parameters(), self.max_norm)
