"""Dropout (Srivastava et al. 2014) before the last layer."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import nn


@regularizer("dropout", neutral={"p": 0.0}, live=("p",))
def dropout(p: Annotated[float, Float(0.05, 0.7)] = 0.2) -> Regularizer:
    """Zeroes the inputs of the last linear layer with probability p while training."""
    return Dropout(p)


class Dropout(Regularizer):
    def __init__(self, p: float) -> None:
        self.p = p

    def wrap_model(self, model: "nn.Module") -> "nn.Module":
        from torch import nn

        linears = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
        if not linears:
            return model
        parent, _, child = linears[-1].rpartition(".")
        owner = model.get_submodule(parent)
        setattr(owner, child, nn.Sequential(nn.Dropout(self.p), owner.get_submodule(child)))
        return model
