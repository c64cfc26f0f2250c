"""L2 regularization: decoupled weight decay (Loshchilov and Hutter 2019), or the classical penalty."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import Tensor, nn


@regularizer("l2", neutral={"strength": 0.0}, live=("strength",))
def l2(
    strength: Annotated[float, Float(1e-5, 0.3, log=True)] = 0.05,
    form: Literal["decoupled", "penalty"] = "decoupled",
) -> Regularizer:
    """Draws weights (not biases and norms) towards zero: decoupled decay in each step, or a penalty in the loss.

    Decoupled: before each step, weights x (1 - learning rate x strength); torch's AdamW, and the same for sgd. Penalty:
    strength / 2 x the sum of the squared weights, so that its gradient passes through momentum and Adam's scaling; with
    sgd what torch calls `weight_decay`.
    """
    return Decoupled(strength) if form == "decoupled" else Penalty(strength)


class Decoupled(Regularizer):
    def __init__(self, strength: float) -> None:
        self.strength = strength
        self.groups: list[dict[str, Any]] = []

    def parameter_groups(self, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # Torch's optimizers take these very dicts over, with the present learning rate as "lr".
        self.groups = groups
        return groups

    def before_step(self, model: "nn.Module") -> None:
        import torch

        del model
        with torch.no_grad():
            for group in self.groups:
                for weights in group["params"]:
                    if weights.ndim > 1 and weights.grad is not None:
                        weights.mul_(1 - group["lr"] * self.strength)


class Penalty(Regularizer):
    def __init__(self, strength: float) -> None:
        self.strength = strength

    def penalty(self, model: "nn.Module") -> "Tensor":
        import torch

        squares = [p.square().sum() for p in model.parameters() if p.ndim > 1]
        return self.strength / 2 * torch.stack(squares).sum()
