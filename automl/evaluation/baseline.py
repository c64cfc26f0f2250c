"""The trivial baseline that every model has to beat: the training set's class frequencies, or its mean."""

import numpy as np

from automl.components import Task
from automl.evaluation.sample import labels_of


def baseline_predictions(task: Task, train_targets: np.ndarray, count: int) -> np.ndarray:
    """The same prediction for each of `count` rows: float32 (count, num_outputs)."""
    if task.is_classification:
        labels = labels_of(train_targets)
        frequencies = np.bincount(labels, minlength=task.num_classes) / len(labels)
    else:
        frequencies = np.asarray(train_targets, dtype=np.float64).reshape(len(train_targets), -1).mean(0)
    return np.tile(frequencies.astype(np.float32), (count, 1))
