"""Fitting one trial of a model that fits itself, an epoch being a part of its rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from automl.components import Catalog, Value
from automl.errors import TrialStopped
from automl.evaluation.metrics import Metric
from automl.evaluation.sample import labels_of
from automl.training.assembly import assemble
from automl.training.base import BaseTrainer, Stop
from automl.training.device import DeviceData
from automl.training.fitted import Fitted
from automl.training.losses import balanced_weights

PATIENCE = 4
"""It ends when this part of its epochs, a fourth, in a row has brought nothing better."""


class EstimatorTrainer(BaseTrainer):
    """What `Trainer` is for nets; the arguments are the same."""

    def __init__(
        self,
        catalog: Catalog,
        data: DeviceData,
        configuration: Mapping[str, Value],
        *,
        metric: Metric,
        seed: int,
        weights: Path,
        repeats: Sequence[float] = (),
    ) -> None:
        built = assemble(catalog, data.source.task, configuration)
        super().__init__(data, metric=metric, weights=weights, repeats=repeats, epochs=built.settings.epochs)
        assert isinstance(built.model, Fitted)
        self._model = built.model
        self._end: str | None = None
        self._heard: float | None = None
        self._stale = 0
        self._begin(built.settings.class_weights == "balanced", seed)

    def _begin(self, balanced: bool, seed: int) -> None:
        inputs, targets = self._data.source.train_inputs, self._data.source.train_targets
        weights = None
        if balanced and self._task.is_classification:
            weights = balanced_weights(targets, self._task).numpy()[labels_of(targets)]
        self._model.estimator.begin(inputs, targets, weights, seed=seed, threads=torch.get_num_threads())

    @property
    def model(self) -> Fitted:
        return self._model

    @property
    def progress(self) -> float:
        return self.epoch / self._last_epoch

    @property
    def parameters(self) -> int:
        """Not known: an estimator has no weights to count."""
        return 0

    @property
    def size_mb(self) -> float:
        """Of what is fitted so far."""
        return super().size_mb if self.epoch else 0.0

    def advance(self, stop: Stop) -> dict[str, float]:
        """Fits the next part of the rounds; `stop` is asked before."""
        if reason := stop():
            raise TrialStopped(reason)
        self._end = self._model.estimator.fit((self.epoch + 1) / self.epochs)
        return {}

    def hear(self, value: float) -> str | None:
        better = self._heard is None or value > self._heard
        self._heard = value if better else self._heard
        self._stale = 0 if better else self._stale + 1
        if self._stale >= max(2, self.epochs // PATIENCE):
            return f"no better for {self._stale} epochs"
        return self._end

    def state(self) -> dict[str, Any]:
        return {"model": self._model.state_dict(), "heard": self._heard, "stale": self._stale}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._heard, self._stale = state["heard"], state["stale"]
        self._model.load_state_dict(state["model"])
