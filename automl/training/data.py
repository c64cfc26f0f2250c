"""What a trial is trained and validated on."""

from dataclasses import dataclass

import numpy as np

from automl.components import Task
from automl.data import Preparation

PREDICTIONS = "val.npy"
"""File beside a run's best weights: what they predict for validation, float32 (N, outputs)."""


@dataclass(frozen=True)
class TrainingData:
    """What a trial sees: train and validation, never test.

    Args:
        train_inputs, val_inputs: uint8 (N, C, H, W) images, float32 (N, F) rows of a table, or uint8 (N, L) bytes of
            texts; shared between workers, read-only.
        train_targets, val_targets: int64 (N,), or float32 (N, outputs) for regression; of words see `labels_of`.
        folds: Of crossed validation, int (N,): the fold of each row of train, from 0 on. Each row is predicted by a
            model that was trained on the other folds, so train and validation have the same rows.
    """

    task: Task
    preparation: Preparation
    train_inputs: np.ndarray
    train_targets: np.ndarray
    val_inputs: np.ndarray
    val_targets: np.ndarray
    folds: np.ndarray | None = None

    def fold(self, number: int) -> "TrainingData":
        """Train without a fold, and the fold as validation."""
        assert self.folds is not None
        out = self.folds == number
        inputs, targets = self.train_inputs, self.train_targets
        return TrainingData(self.task, self.preparation, inputs[~out], targets[~out], inputs[out], targets[out])
