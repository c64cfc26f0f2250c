"""Label smoothing (Szegedy et al. 2016)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import Tensor

    Loss = Callable[[Tensor, Tensor], Tensor]


@regularizer("label_smoothing", task="image-classification")
def label_smoothing(amount: Annotated[float, Float(0.01, 0.3)] = 0.1) -> Regularizer:
    """Gives `amount` of each target's probability to all classes evenly."""
    return LabelSmoothing(amount)


class LabelSmoothing(Regularizer):
    def __init__(self, amount: float) -> None:
        self.amount = amount

    def loss(self, loss: "Loss") -> "Loss":
        from torch.nn import functional

        def smoothed(outputs: "Tensor", targets: "Tensor") -> "Tensor":
            classes = outputs.shape[1]
            if targets.ndim == 1:
                targets = functional.one_hot(targets, classes).to(outputs.dtype)
            return loss(outputs, targets * (1 - self.amount) + self.amount / classes)

        return smoothed
