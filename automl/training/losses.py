"""The loss that a task is trained with, before regularizers change it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from automl.components import Task
from automl.evaluation.sample import labels_of

Loss = Callable[[Tensor, Tensor], Tensor]


def loss_for(task: Task, weights: Tensor | None) -> Loss:
    """Cross-entropy (targets: indices (N,) or probabilities (N, classes)) or mean squared error (N, outputs)."""
    if not task.is_classification:
        return functional.mse_loss

    def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
        return functional.cross_entropy(outputs, targets, weight=weights)

    return cross_entropy


def for_members(loss: Loss) -> Loss:
    """`loss` for outputs (N, outputs), and for outputs (N, members, outputs) the mean of the members' losses."""

    def of_all(outputs: Tensor, targets: Tensor) -> Tensor:
        if outputs.ndim == 3:
            targets = targets.repeat_interleave(outputs.shape[1], dim=0)
            outputs = outputs.flatten(0, 1)
        return loss(outputs, targets)

    return of_all


def balanced_weights(targets: np.ndarray, task: Task) -> Tensor:
    """Weights (classes,), float32: the inverse of each class's frequency, so that a batch weighs 1 on average."""
    labels = labels_of(targets)
    counts = np.bincount(labels, minlength=task.num_classes)
    return torch.tensor(len(labels) / (task.num_classes * np.maximum(counts, 1)), dtype=torch.float32)
