"""A data set where it is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from automl.training.arrays import DeviceArray
from automl.training.data import TrainingData


@dataclass(frozen=True)
class DeviceData:
    """A data set on a device, made once and trained on by many trials."""

    source: TrainingData
    device: torch.device
    train_inputs: DeviceArray
    train_targets: DeviceArray
    val_inputs: DeviceArray

    @classmethod
    def on(cls, device: torch.device, data: TrainingData) -> DeviceData:
        inputs, targets, val = (
            DeviceArray(a, device) for a in (data.train_inputs, data.train_targets, data.val_inputs)
        )
        return cls(data, device, inputs, targets, val)
