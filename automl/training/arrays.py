"""Prepared arrays as batches on a device."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

RESIDENT_BYTES = 4 << 30
"""Arrays up to this size are kept on the accelerator as a whole: then an epoch copies nothing."""

POOL = 20
"""Batches whose rows are drawn together and sorted by length."""


class DeviceArray:
    """A read-only array whose rows are taken as tensors on `device`.

    Args:
        lengths: Of rows of tokens, how many each has.
    """

    def __init__(self, array: np.ndarray, device: torch.device, lengths: np.ndarray | None = None) -> None:
        self.array = array
        self.lengths = lengths
        self._device = device
        resident = device.type != "cpu" and array.nbytes <= RESIDENT_BYTES
        self._tensor = torch.from_numpy(np.array(array)).to(device) if resident else None

    def __len__(self) -> int:
        return len(self.array)

    def rows(self, indices: np.ndarray | slice) -> Tensor:
        """Rows as a tensor of the array's dtype on the device."""
        if self._tensor is not None:
            return self._tensor[indices if isinstance(indices, slice) else torch.from_numpy(indices).to(self._device)]
        rows = np.array(self.array[indices])  # a copy: the shared array is read-only
        return torch.from_numpy(rows).to(self._device, non_blocking=True)


def shuffled(
    count: int, batch_size: int, generator: np.random.Generator, lengths: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Indices of an epoch's batches. A last batch of one is left out: batch norm can't train on it.

    Args:
        lengths: Of the rows (count,): then those of a batch are about as long, so that little of it is padding.
    """
    order = generator.permutation(count)
    starts = np.arange(0, count, batch_size)
    if lengths is not None:
        for first in range(0, count, POOL * batch_size):
            pool = order[first : first + POOL * batch_size]
            pool[:] = pool[np.argsort(lengths[pool], kind="stable")]
        generator.shuffle(starts)
    for start in starts:
        batch = order[start : start + batch_size]
        if len(batch) > 1 or count == 1:
            yield batch
