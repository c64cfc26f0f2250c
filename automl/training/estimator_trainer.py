"""Fitting one trial of a model that fits itself, an epoch being a part of its rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from automl.components import Catalog, Value
from automl.errors import TrialError, TrialStopped
from automl.evaluation.metrics import Metric, score
from automl.training.assembly import assemble
from automl.training.checkpoint import read_checkpoint, write_checkpoint, write_weights
from automl.training.cost import latency_ms, size_mb
from automl.training.device import DeviceData
from automl.training.epochs import EpochResult, merit
from automl.training.fitted import Fitted
from automl.training.inference import predict
from automl.training.losses import balanced_weights
from automl.training.scaling import scaling_for


class EstimatorTrainer:
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
        self._data = data
        self._task = data.source.task
        self._metric = metric
        self._weights = weights
        self._repeats = repeats
        built = assemble(catalog, self._task, configuration)
        assert isinstance(built.model, Fitted)
        self._model = built.model
        self._scaling = scaling_for(data.source.preparation, data.device)
        self._best: tuple[float, float] | None = None
        self.epoch = 0
        self.epochs = built.settings.epochs
        self._begin(built.settings.class_weights == "balanced", seed)

    def _begin(self, balanced: bool, seed: int) -> None:
        inputs, targets = self._data.source.train_inputs, self._data.source.train_targets
        weights = None
        if balanced and self._task.is_classification:
            weights = balanced_weights(targets, self._task).numpy()[targets]
        self._model.estimator.begin(inputs, targets, weights, seed=seed, threads=torch.get_num_threads())

    @property
    def progress(self) -> float:
        """The part of all epochs that is done, 0 to 1."""
        return self.epoch / self._last_epoch

    @property
    def parameters(self) -> int:
        """Not known: an estimator has no weights to count."""
        return 0

    @property
    def size_mb(self) -> float:
        """Of what is fitted so far."""
        return size_mb(self._model) if self.epoch else 0.0

    def latency_ms(self) -> float:
        """Milliseconds to predict one input, see `automl.training.cost`."""
        data = self._data
        return latency_ms(self._model, data.source.val_inputs, self._scaling, self._task, data.device)

    def save(self, path: Path, notes: Mapping[str, str]) -> None:
        """Writes all that `restore` goes on from, between two epochs."""
        state: dict[str, Any] = {"epoch": self.epoch, "best": self._best, "model": self._model.state_dict()}
        write_checkpoint(state, notes, path)

    def restore(self, path: Path) -> None:
        """Goes on where `save` was called, with the same data and configuration.

        Raises:
            UserError: The file is gone or damaged.
        """
        state = read_checkpoint(path)
        self.epoch = state["epoch"]
        self._best = tuple(state["best"]) if state["best"] else None
        self._model.load_state_dict(state["model"])

    def run_epoch(self, stop: Callable[[], str | None] = lambda: None) -> EpochResult:
        """Fits the next part of the rounds and validates.

        Args:
            stop: Asked before; a reason to stop, or None.

        Raises:
            TrialError: Predictions aren't finite.
            TrialStopped: `stop` gave a reason; what was best before stays.
        """
        if reason := stop():
            raise TrialStopped(reason)
        end = self._model.estimator.fit((self.epoch + 1) / self.epochs)
        self.epoch += 1
        is_last = self.epoch >= self._last_epoch or end is not None
        predictions = None if self._repeats else self._predictions()
        scores = {} if predictions is None else score(predictions, self._data.source.val_targets, self._task)
        value = (self._repeats[self.epoch - 1], 0.0) if self._repeats else merit(scores, self._metric, self._task)
        is_best = is_last if self._repeats else self._best is None or value > self._best
        if is_best:
            self._best = value
            write_weights(self._model, self._weights, predictions)
        metrics = {f"val_{name}": figure for name, figure in scores.items()}
        return EpochResult(self.epoch, metrics, value, is_best, (end or "all epochs done") if is_last else None)

    @property
    def _last_epoch(self) -> int:
        return len(self._repeats) or self.epochs

    def _predictions(self) -> np.ndarray:
        predictions = predict(self._model, self._data.val_inputs, self._scaling, self._task)
        if not np.isfinite(predictions).all():
            raise TrialError(f"diverged: predictions aren't finite after epoch {self.epoch}")
        return predictions
