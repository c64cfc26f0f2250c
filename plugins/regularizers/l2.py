"""L2 regularization as weight decay."""

from typing import Annotated, Any

from automl.plugin import Float, Regularizer, regularizer


@regularizer("l2")
def l2(strength: Annotated[float, Float(1e-4, 0.3, log=True)] = 0.05) -> Regularizer:
    """Weight decay of matrices and kernels: decoupled with adamw (Loshchilov and Hutter 2019), classical with sgd."""
    return L2(strength)


class L2(Regularizer):
    def __init__(self, strength: float) -> None:
        self.strength = strength

    def parameter_groups(self, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            group | {"weight_decay": self.strength} if all(p.ndim > 1 for p in group["params"]) else group
            for group in groups
        ]
