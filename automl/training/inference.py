"""Predictions of a module on prepared arrays: the same code validates, tests and serves."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from automl.components import Task
from automl.training.arrays import DeviceArray
from automl.training.bag import Bag
from automl.training.fitted import Fitted
from automl.training.scaling import Scaling

BATCH = 512
FITTED_BATCH = 65_536
"""Rows that an estimator gets at a time: it has no activations to hold."""

TEXT_BATCH = 128
"""Texts at a time, those of a batch about as long as each other."""


@torch.inference_mode()
def predict(model: nn.Module, inputs: DeviceArray, scaling: Scaling, task: Task) -> np.ndarray:
    """Probabilities (N, classes), or values (N, outputs) for regression; float32."""
    if isinstance(model, Bag):
        members = [predict(member, inputs, scaling, task) for member in model.members]
        mean: np.ndarray = np.mean(np.stack(members), axis=0)
        return mean
    was_training = model.training
    model.eval()
    parts = []
    is_fitted = isinstance(model, Fitted)
    inputs = inputs if is_fitted else scaling.read(model, inputs)
    by_length = None if inputs.lengths is None else np.argsort(inputs.lengths, kind="stable")
    batch = FITTED_BATCH if is_fitted else BATCH if by_length is None else TEXT_BATCH
    for start in range(0, len(inputs), batch):
        place = slice(start, start + batch)
        rows = inputs.rows(place if by_length is None else by_length[place])
        outputs = model(rows if is_fitted else scaling(rows)).float()
        if not (is_fitted or task.is_classification):
            outputs = scaling.values(outputs)
        parts.append(as_predictions(outputs, task).cpu())
    model.train(was_training)
    if not parts:
        return np.zeros((0, task.num_outputs), np.float32)
    found: np.ndarray = torch.cat(parts).numpy()
    if by_length is not None:
        found[by_length] = found.copy()
    return found


def as_predictions(outputs: Tensor, task: Task) -> Tensor:
    """A model's outputs (N, outputs), or (N, members, outputs), as probabilities or values (N, outputs): of members the
    mean."""
    predictions = outputs.softmax(-1) if task.is_classification else outputs
    return predictions.mean(1) if predictions.ndim == 3 else predictions
