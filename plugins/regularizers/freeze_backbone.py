"""Training the head of a pretrained model first, then all of it (Howard and Ruder 2018; norms as in fastai)."""

from typing import TYPE_CHECKING, Annotated, Any

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import nn


@regularizer("freeze_backbone", task="image", neutral={"fraction": 0.0})
def freeze_backbone(fraction: Annotated[float, Float(0.05, 0.9)] = 0.2) -> Regularizer:
    """Trains only the last linear layer and the norms in the first `fraction` of the epochs, then everything."""
    return FreezeBackbone(fraction)


class FreezeBackbone(Regularizer):
    def __init__(self, fraction: float) -> None:
        self.fraction = fraction
        self.frozen: list[nn.Parameter] = []

    def wrap_model(self, model: "nn.Module") -> "nn.Module":
        self.model = model
        return model

    def parameter_groups(self, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # Only now: the optimizer must know what is trained later, and the engine gives it what isn't frozen.
        if self.fraction > 0:
            self.frozen = _backbone(self.model)
        for parameter in self.frozen:
            parameter.requires_grad_(False)
        return groups

    def after_epoch(self, model: "nn.Module", progress: float) -> None:
        del model
        if progress >= self.fraction:
            for parameter in self.frozen:
                parameter.requires_grad_(True)


def _backbone(model: "nn.Module") -> "list[nn.Parameter]":
    """All that learns but norms and the last linear layer; nothing where the model has no such layer."""
    from torch import nn
    from torch.nn.modules.batchnorm import _NormBase

    norms = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)
    heads = [module for module in model.modules() if isinstance(module, nn.Linear)][-1:]
    kept = [*heads, *(module for module in model.modules() if isinstance(module, norms))]
    trained = {parameter for module in kept for parameter in module.parameters()}
    return [p for p in model.parameters() if p.requires_grad and p not in trained] if heads else []
