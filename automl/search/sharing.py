"""Arrays that all workers read without a copy: through Ray's object store, or a memory-mapped file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.components import Task
from automl.data import Dataset, Preparation

if TYPE_CHECKING:
    from automl.training import TrainingData


@dataclass(frozen=True)
class MappedFile:
    """A `.npy` file too big for memory; a `np.memmap` itself would be pickled as a copy of its content."""

    path: str


@dataclass(frozen=True)
class SharedData:
    """What a worker needs to open the train and validation arrays."""

    task: Task
    preparation: Preparation
    places: dict[str, Any]

    def open(self) -> TrainingData:
        """The arrays, read-only: views into shared memory or memory maps."""
        from automl.training import TrainingData

        return TrainingData(self.task, self.preparation, **{name: _open(place) for name, place in self.places.items()})


def share(data: Dataset) -> SharedData:
    """Puts the arrays of train and validation where workers can open them. Test stays on the driver."""
    arrays = {
        "train_inputs": data.train.inputs,
        "train_targets": data.train.targets,
        "val_inputs": data.val.inputs,
        "val_targets": data.val.targets,
    }
    if data.folds is not None:
        arrays["folds"] = data.folds
    return SharedData(data.task, data.preparation, {name: _share(array) for name, array in arrays.items()})


def _share(array: np.ndarray) -> Any:
    import ray

    return MappedFile(str(array.filename)) if isinstance(array, np.memmap) else ray.put(array)


def _open(place: Any) -> np.ndarray:
    import ray

    opened: np.ndarray = np.load(place.path, mmap_mode="r") if isinstance(place, MappedFile) else ray.get(place)
    return opened
