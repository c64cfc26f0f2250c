"""Label smoothing (Szegedy et al. 2016)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import Tensor

    Loss = Callable[[Tensor, Tensor], Tensor]


@regularizer(
    "label_smoothing",
    task=("image-classification", "table-classification", "text-classification", "token-classification"),
    neutral={"amount": 0.0},
    live=("amount",),
)
def label_smoothing(amount: Annotated[float, Float(0.01, 0.3)] = 0.1) -> Regularizer:
    """Gives `amount` of each target's probability to all classes evenly."""
    return LabelSmoothing(amount)


class LabelSmoothing(Regularizer):
    def __init__(self, amount: float) -> None:
        self.amount = amount

    def loss(self, loss: "Loss") -> "Loss":
        import torch

        def smoothed(outputs: "Tensor", targets: "Tensor") -> "Tensor":
            # Cross-entropy is linear in the targets: mixing two losses is mixing targets, whatever form they have.
            even = torch.full_like(outputs, 1 / outputs.shape[1])
            return (1 - self.amount) * loss(outputs, targets) + self.amount * loss(outputs, even)

        return smoothed
