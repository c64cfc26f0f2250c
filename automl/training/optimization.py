"""Optimizers and learning rate schedules of `training.*`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from automl.space import TrainingSettings


def parameter_groups(model: nn.Module) -> list[dict[str, Any]]:
    """Two groups without weight decay: matrices and kernels, then biases and norms (which decay never applies to)."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.0},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def make_optimizer(settings: TrainingSettings, groups: list[dict[str, Any]]) -> Optimizer:
    """The optimizer over `groups` at the peak learning rate, times a group's `lr_factor` where it has one."""
    for group in groups:
        group["lr"] = settings.lr * group.pop("lr_factor", 1.0)
    if settings.optimizer == "adamw":
        # A fifth of the time on a CPU. It goes by places in memory: not for what comes back from a checkpoint laid
        # otherwise, as convolutions do.
        parameters = [parameter for group in groups for parameter in group["params"]]
        is_plain = all(p.device.type == "cpu" and p.is_contiguous() for p in parameters)
        return AdamW(groups, lr=settings.lr, fused=is_plain or None)
    return SGD(groups, lr=settings.lr, momentum=settings.momentum, nesterov=settings.momentum > 0)


def restore_optimizer(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """`load_state_dict`, but the groups stay the same dicts: regularizers were given them and may hold on to them."""
    groups = optimizer.param_groups
    optimizer.load_state_dict(state)
    for kept, loaded in zip(groups, optimizer.param_groups, strict=True):
        kept.update(loaded)
    optimizer.param_groups = groups


class Schedule:
    """Linear warm-up over the first epoch, then the schedule of the settings.

    Call `step` after each optimizer step, and after each epoch `end_epoch` with the validation metric, signed so that
    higher is better.

    Args:
        steps: How many each epoch has.
    """

    def __init__(self, settings: TrainingSettings, optimizer: Optimizer, steps: Sequence[int]) -> None:
        self._warmup = steps[0] if settings.epochs > 1 else 0
        self._total = sum(steps)
        self._cosine = settings.schedule == "cosine"
        self._steps = 0
        self._by_step = LambdaLR(optimizer, self._factor)
        # Without a threshold: torch's is relative, and any value would count as better than an equal negative one.
        plateau = ReduceLROnPlateau(optimizer, mode="max", factor=0.3, patience=3, threshold=0.0)
        self._plateau = plateau if settings.schedule == "plateau" else None

    def step(self) -> None:
        self._steps += 1
        if self._cosine or self._steps <= self._warmup:
            self._by_step.step()

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint; the rates themselves are the optimizer's."""
        plateau = self._plateau.state_dict() if self._plateau else None
        return {"steps": self._steps, "by_step": self._by_step.last_epoch, "plateau": plateau}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._steps = state["steps"]
        self._by_step.last_epoch = state["by_step"]
        if self._plateau:
            self._plateau.load_state_dict(state["plateau"])

    def end_epoch(self, merit: float) -> None:
        if self._plateau:
            self._plateau.step(merit)

    def _factor(self, step: int) -> float:
        if step < self._warmup:
            return (step + 1) / (self._warmup + 1)
        if not self._cosine:
            return 1.0
        progress = (step - self._warmup) / max(1, self._total - self._warmup)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
