"""A data set where it is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from automl.training.arrays import DeviceArray
from automl.training.data import TrainingData
from automl.training.fidelity import nested_order
from automl.training.scaling import Scaling, scaling_for


@dataclass(frozen=True)
class DeviceData:
    """A data set on a device, made once and trained on by many trials.

    Args:
        scaling: Of its rows; what a trial's model has read of texts, the next one's needn't read again.
        folds: Of crossed validation: for each fold train without it, and it as validation.
        order: Of the rows of train, where early epochs have only the first ones: see `automl.training.fidelity`.
    """

    source: TrainingData
    device: torch.device
    train_inputs: DeviceArray
    train_targets: DeviceArray
    val_inputs: DeviceArray
    scaling: Scaling
    folds: tuple[DeviceData, ...] = ()
    order: np.ndarray | None = None

    @classmethod
    def on(
        cls,
        device: torch.device,
        data: TrainingData,
        part_seed: int | None = None,
        *,
        cache: Path | None = None,
        scaling: Scaling | None = None,
    ) -> DeviceData:
        """Puts it there.

        Args:
            part_seed: Chooses the rows that early epochs have; None: each epoch has all.
            cache: Folder where what models read of texts is kept for other processes; None: nowhere.
            scaling: That of the data whose fold it is.
        """
        scaling = scaling or scaling_for(data.preparation, device, remember=True, cache=cache)
        inputs, targets, val = (
            DeviceArray(a, device) for a in (data.train_inputs, data.train_targets, data.val_inputs)
        )
        count = 0 if data.folds is None else int(data.folds.max()) + 1
        folds = tuple(cls.on(device, data.fold(number), part_seed, scaling=scaling) for number in range(count))
        order = None
        if part_seed is not None:
            has_classes = data.task.is_classification and not data.task.is_per_word
            order = nested_order(data.train_targets, has_classes, part_seed)
        return cls(data, device, inputs, targets, val, scaling, folds, order)
