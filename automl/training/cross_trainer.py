"""Training one trial with crossed validation: for each fold a model that never sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from automl.components import Catalog, Value
from automl.evaluation.metrics import Metric
from automl.training.bag import Bag
from automl.training.base import BaseTrainer, Stop
from automl.training.device import DeviceData


class CrossTrainer(BaseTrainer):
    """The trainers of all folds in lockstep; further arguments see `Trainer`.

    Each row of train is predicted by the model that has not seen it, and validation looks at all of these predictions
    together (Stone 1974, Cross-Validatory Choice and Assessment of Statistical Predictions). The model is all of them:
    a `Bag`.

    Args:
        make: Makes the trainer of a fold.
    """

    def __init__(
        self,
        make: Callable[..., BaseTrainer],
        catalog: Catalog,
        data: DeviceData,
        configuration: Mapping[str, Value],
        *,
        metric: Metric,
        seed: int,
        weights: Path,
        repeats: Sequence[float] = (),
    ) -> None:
        # Each fold's own seed: members that begin alike err alike.
        self._members = [
            make(catalog, fold, configuration, metric=metric, seed=seed + 7919 * number, weights=weights)
            for number, fold in enumerate(data.folds)
        ]
        super().__init__(data, metric=metric, weights=weights, repeats=repeats, epochs=self._members[0].epochs)

    @property
    def model(self) -> Bag:
        return Bag(member.model for member in self._members)

    @property
    def parameters(self) -> int:
        return sum(member.parameters for member in self._members)

    @property
    def size_mb(self) -> float:
        return sum(member.size_mb for member in self._members)

    @property
    def progress(self) -> float:
        return fmean(member.progress for member in self._members)

    def advance(self, stop: Stop) -> dict[str, float]:
        """An epoch of each member; the mean of their metrics."""
        found = []
        for member in self._members:
            found.append(member.advance(stop))
            member.epoch += 1
        return {name: fmean(metrics[name] for metrics in found) for name in found[0]}

    def hear(self, value: float) -> str | None:
        reasons = [member.hear(value) for member in self._members]
        return next(filter(None, reasons), None)

    def predictions(self) -> np.ndarray:
        """Of each row of train by the member that has not seen it."""
        data, folds = self._data, self._data.source.folds
        found = np.empty((len(data.train_inputs), self._task.num_outputs), np.float32)
        for number, member in enumerate(self._members):
            found[folds == number] = member.predictions()
        return found

    def state(self) -> dict[str, Any]:
        return {"members": [member.state() for member in self._members]}

    def load_state(self, state: Mapping[str, Any]) -> None:
        for member, own in zip(self._members, state["members"], strict=True):
            member.epoch = self.epoch
            member.load_state(own)
        self.took_over = any(member.took_over for member in self._members)
