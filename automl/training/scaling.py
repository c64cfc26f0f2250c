"""What is left to do to prepared rows on the device: to units that augmentations see, then to what the model gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor, nn

from automl.data import ImagePreparation, Preparation, TablePreparation, TextPreparation
from automl.training.arrays import DeviceArray
from automl.training.reading import Readings, lengths_of


class Scaling(ABC):
    """Called on prepared rows, it gives what the model gets."""

    def read(self, model: nn.Module, rows: DeviceArray) -> DeviceArray:
        """Prepared rows as this model takes them in; `to_unit` is called on a batch of these."""
        del model
        return rows

    @abstractmethod
    def to_unit(self, rows: Tensor) -> Tensor:
        """Prepared rows -> float32 in units that augmentations know."""

    def normalize(self, units: Tensor) -> Tensor:
        """Rows in those units -> what the model gets."""
        return units

    def unit_targets(self, targets: Tensor) -> Tensor:
        """A batch's targets in the units that the model is trained in."""
        return targets

    def values(self, outputs: Tensor) -> Tensor:
        """A model's outputs in the units of the data."""
        return outputs

    def __call__(self, rows: Tensor) -> Tensor:
        return self.normalize(self.to_unit(rows))


def scaling_for(
    preparation: Preparation, device: torch.device, *, remember: bool = False, cache: Path | None = None
) -> Scaling:
    """The scaling of what `preparation` has prepared; `remember` and `cache` see `Readings`."""
    if isinstance(preparation, TablePreparation):
        return TableScaling(preparation, device)
    if isinstance(preparation, TextPreparation):
        return TextScaling(Readings(preparation, remember=remember, cache=cache), device)
    return ImageScaling(preparation, device)


class ImageScaling(Scaling):
    """uint8 (N, C, H, W) -> [0, 1] -> (x - mean) / std per channel, of the training split."""

    def __init__(self, preparation: ImagePreparation, device: torch.device) -> None:
        self._mean = torch.tensor(preparation.mean, device=device).view(1, -1, 1, 1)
        self._std = torch.tensor(preparation.std, device=device).view(1, -1, 1, 1)

    def to_unit(self, rows: Tensor) -> Tensor:
        return rows.to(torch.float32, memory_format=torch.channels_last) / 255

    def normalize(self, units: Tensor) -> Tensor:
        return (units - self._mean) / self._std


class TableScaling(Scaling):
    """float32 (N, F): each number to where it stands in a standard normal, by its quantile in the training split; a
    missing one to 0. Codes stay.

    Between the quantiles it is linear. A value that many rows have stands at the middle of its quantiles. This is what
    tabular networks are usually fed with (Gorishniy et al. 2021, Revisiting Deep Learning Models for Tabular Data).

    A regression's targets are standardized.
    """

    def __init__(self, preparation: TablePreparation, device: torch.device) -> None:
        knots = [_knots(np.array(quantiles, np.float32)) for quantiles in preparation.quantiles]
        self._numbers = len(knots)
        width = max((len(x) for x, _ in knots), default=0) + 1  # two at least, to draw a line between
        x, y = (
            np.array([np.pad(own[side], (0, width - len(own[side])), "edge") for own in knots], np.float32)
            for side in (0, 1)
        )
        run = np.diff(x)
        slope = np.divide(np.diff(y), run, out=np.zeros_like(run), where=run > 0)
        self._x, self._y, self._slope = (torch.from_numpy(array).to(device) for array in (x, y, slope))
        self._mean, self._std = preparation.target

    def to_unit(self, rows: Tensor) -> Tensor:
        if not self._numbers:
            return rows
        numbers = rows[:, : self._numbers].T.contiguous()
        left = self.places(numbers).clamp_(1, self._x.shape[1] - 1) - 1
        units = self._y.gather(1, left) + self._slope.gather(1, left) * (numbers - self._x.gather(1, left))
        units = units.clamp(self._y[:, :1], self._y[:, -1:]).nan_to_num_(0.0)
        return torch.cat([units.T, rows[:, self._numbers :]], dim=1)

    def places(self, numbers: Tensor) -> Tensor:
        """int64 of (columns, N) numbers: how many of their column's quantiles aren't above."""
        return torch.searchsorted(self._x, numbers, right=True)

    def unit_targets(self, targets: Tensor) -> Tensor:
        return (targets - self._mean) / self._std if targets.is_floating_point() else targets

    def values(self, outputs: Tensor) -> Tensor:
        return outputs * self._std + self._mean


class TextScaling(Scaling):
    """Texts as the model reads them (see `Readings`): int64 (N, T) tokens without the padding that all rows of the
    batch have, or float32 (N, ...)."""

    def __init__(self, readings: Readings, device: torch.device) -> None:
        self._readings = readings
        self._device = device

    def read(self, model: nn.Module, rows: DeviceArray) -> DeviceArray:
        read = self._readings.of(model, rows.array)
        return DeviceArray(read, self._device, lengths_of(read))

    def to_unit(self, rows: Tensor) -> Tensor:
        if rows.is_floating_point():
            return rows
        used = (rows != 0).any(0).nonzero()
        return rows[:, : int(used[-1]) + 1 if len(used) else 1].long()


def _knots(quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct quantiles of a column, ascending, and where each stands in a standard normal."""
    if not len(quantiles):
        return np.zeros(1), np.zeros(1)
    x, place, counts = np.unique(quantiles, return_inverse=True, return_counts=True)
    shares = (np.arange(len(quantiles)) + 0.5) / len(quantiles)
    middle = np.bincount(place, weights=shares) / counts
    return x, np.array([NormalDist().inv_cdf(share) for share in middle])
