"""What a regularizer may do to training: hooks that all default to doing nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    Loss = Callable[[Tensor, Tensor], Tensor]


class Regularizer:
    """Base class. Override what is needed; hooks of several regularizers are called in the order of their names.

    A model that is one, too, has its own hooks called, before those of the others.
    """

    def wrap_model(self, model: nn.Module) -> nn.Module:
        """The model to train: `model` itself, changed in place or wrapped. Called once, before the optimizer."""
        return model

    def parameter_groups(self, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The optimizer's parameter groups, which keeps these dicts: a group's `lr` is always the present one. Change
        them in place; a group with an `lr_factor` learns at so many times the learning rate. Called once."""
        return groups

    def loss(self, loss: Loss) -> Loss:
        """The loss (outputs, targets) -> scalar to train with. Targets are class indices (N,), class probabilities
        (N, classes) where an augmentation mixed them, or values (N, outputs) for regression. Called once."""
        return loss

    def penalty(self, model: nn.Module) -> Tensor | None:
        """A finite scalar added to the loss of each batch."""
        return None

    def gradients(self, compute: Callable[[], Tensor], model: nn.Module) -> Tensor:
        """Leaves a batch's gradients in the model's parameters and returns the loss.

        `compute()` does both at the present weights; each call starts from zero gradients.
        """
        return compute()

    def before_step(self, model: nn.Module) -> None:
        """Called between the gradients and the optimizer's step."""

    def after_step(self, model: nn.Module) -> None:
        """Called after each step of the optimizer."""

    def after_epoch(self, model: nn.Module, progress: float) -> None:
        """Called after each epoch, before validation; `progress` is the part of all epochs that is done."""

    def evaluation_model(self, model: nn.Module) -> nn.Module:
        """The model that is validated, kept and served: `model` itself, or one of the same structure (the same names in
        its `state_dict`), such as an average of its weights."""
        return model

    def state(self) -> dict[str, Any]:
        """What it has learned in training, for a checkpoint: tensors, numbers and texts, nested in dicts and lists. By
        default its attributes that are numbers, texts or None."""
        return {name: value for name, value in vars(self).items() if isinstance(value, int | float | str | None)}

    def restore(self, state: dict[str, Any], model: nn.Module) -> None:
        """Goes on from a `state`, after `wrap_model`, `loss` and `parameter_groups`."""
        vars(self).update(state)

    def after_validation(self, merit: float) -> str | None:
        """Called with the validation metric, signed so that higher is better. A reason to end the trial, or None."""
        return None
