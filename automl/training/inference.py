"""Predictions of a module on prepared arrays: the same code validates, tests and serves."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from automl.components import Task
from automl.training.arrays import DeviceArray, Normalize, to_unit

BATCH = 512


@torch.inference_mode()
def predict(model: nn.Module, inputs: DeviceArray, normalize: Normalize, task: Task) -> np.ndarray:
    """Probabilities (N, classes), or values (N, outputs) for regression; float32."""
    was_training = model.training
    model.eval()
    parts = []
    for start in range(0, len(inputs), BATCH):
        outputs = model(normalize(to_unit(inputs.rows(slice(start, start + BATCH))))).float()
        parts.append((outputs.softmax(1) if task.is_classification else outputs).cpu())
    model.train(was_training)
    return torch.cat(parts).numpy() if parts else np.zeros((0, task.num_outputs), np.float32)
