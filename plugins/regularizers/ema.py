"""Exponential moving average of the weights (Polyak and Juditsky 1992; with the warm-up of TensorFlow's)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from automl.plugin import Choice, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim.swa_utils import AveragedModel


@regularizer("ema", conflicts=("regularizer.swa",), neutral={"decay": 0.0})
def ema(decay: Annotated[float, Choice(0.9, 0.97, 0.99, 0.997, 0.999)] = 0.99) -> Regularizer:
    """Validates and keeps a moving average of the weights instead of the weights.

    After each step, average = decay x average + (1 - decay) x weights; batch norm's statistics too. After n steps
    the decay is at most (1 + n) / (10 + n), so that the first weights are soon forgotten.
    """
    return Ema(decay)


class Ema(Regularizer):
    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.average: AveragedModel | None = None

    def after_step(self, model: "nn.Module") -> None:
        from torch.optim.swa_utils import AveragedModel

        if self.average is None:
            self.average = AveragedModel(model, use_buffers=True)
        steps = int(self.average.n_averaged)  # lies on the CPU: nothing to wait for
        self.average.multi_avg_fn = _moving_average(min(self.decay, (1 + steps) / (10 + steps)))
        self.average.update_parameters(model)

    def state(self) -> dict[str, Any]:
        return {"average": self.average.state_dict() if self.average else None}

    def restore(self, state: dict[str, Any], model: "nn.Module") -> None:
        from torch.optim.swa_utils import AveragedModel

        if state["average"]:
            self.average = AveragedModel(model, use_buffers=True)
            self.average.load_state_dict(state["average"])

    def evaluation_model(self, model: "nn.Module") -> "nn.Module":
        return self.average.module if self.average else model


def _moving_average(decay: float) -> "Callable[..., None]":
    """torch's, but whole numbers, such as where a column's codes begin, are taken over: it rounds their mean down."""
    from torch.optim.swa_utils import get_ema_multi_avg_fn

    average = get_ema_multi_avg_fn(decay)

    def update(averages: "list[Tensor]", weights: "list[Tensor]", count: "Tensor") -> None:
        if averages[0].is_floating_point():
            average(averages, weights, count)
            return
        for own, other in zip(averages, weights, strict=True):
            own.copy_(other)

    return update
