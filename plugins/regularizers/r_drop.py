"""R-Drop (Liang et al. 2021): two passes with different dropout should say the same."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import Tensor, nn


@regularizer("r_drop", task=("text", "token"), conflicts=("augmentation.mixup",), neutral={"strength": 0.0})
def r_drop(strength: Annotated[float, Float(0.1, 5.0, log=True)] = 1.0) -> Regularizer:
    """Trains on each text twice at once, and adds strength x how far the two predictions are apart; twice as long.

    They differ by what is random in the model: dropout, be it its own or the regularizer's of that name. How far apart
    they are is the mean of the two Kullback-Leibler divergences.
    """
    return RDrop(strength)


class RDrop(Regularizer):
    def __init__(self, strength: float) -> None:
        self.strength = strength

    def wrap_model(self, model: "nn.Module") -> "nn.Module":
        if self.strength == 0:
            return model
        self.twice = _twice(model)
        return self.twice

    def penalty(self, model: "nn.Module") -> "Tensor | None":
        del model
        from torch.nn import functional

        outputs = self.twice.outputs if self.strength else None
        if outputs is None:
            return None
        self.twice.outputs = None  # of this batch alone: a copy of the model must not hold its graph
        logs = outputs.float().log_softmax(2)
        one, other = logs.unbind(1)
        apart = sum(
            functional.kl_div(first, second, log_target=True, reduction="batchmean")
            for first, second in ((one, other), (other, one))
        )
        return self.strength / 2 * apart


def _twice(net: "nn.Module") -> "nn.Module":
    """In training two members, (N, 2, outputs); in evaluation as `net`."""
    import torch
    from torch import Tensor, nn

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net
            self.outputs: Tensor | None = None

        def forward(self, inputs: Tensor) -> Tensor:
            if not self.training:
                return self.net(inputs)
            self.outputs = torch.stack(self.net(torch.cat([inputs, inputs])).chunk(2), 1)
            return self.outputs

    return Twice()
