"""A data set where it is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from automl.training.arrays import DeviceArray
from automl.training.data import TrainingData


@dataclass(frozen=True)
class DeviceData:
    """A data set on a device, made once and trained on by many trials.

    Args:
        folds: Of crossed validation: for each fold train without it, and it as validation.
    """

    source: TrainingData
    device: torch.device
    train_inputs: DeviceArray
    train_targets: DeviceArray
    val_inputs: DeviceArray
    folds: tuple[DeviceData, ...] = ()

    @classmethod
    def on(cls, device: torch.device, data: TrainingData) -> DeviceData:
        inputs, targets, val = (
            DeviceArray(a, device) for a in (data.train_inputs, data.train_targets, data.val_inputs)
        )
        count = 0 if data.folds is None else int(data.folds.max()) + 1
        folds = tuple(cls.on(device, data.fold(number)) for number in range(count))
        return cls(data, device, inputs, targets, val, folds)
