"""What every trainer does: epochs that are validated, the best one's weights kept, a state that it goes on from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from automl.errors import TrialError
from automl.evaluation.metrics import Metric, score
from automl.training.checkpoint import read_checkpoint, write_checkpoint, write_weights
from automl.training.cost import latencies, size_mb
from automl.training.device import DeviceData
from automl.training.epochs import EpochResult, merit
from automl.training.inference import predict
from automl.training.scaling import scaling_for

Stop = Callable[[], str | None]


class BaseTrainer(ABC):
    """Trains one configuration: `run_epoch` until its result has an `end`. The best epoch's weights lie in `weights`,
    what they predict for validation in `PREDICTIONS` beside it.

    Args:
        metric: What decides which epoch is best; equal values are decided by the smooth loss.
        weights: File that the best epoch's weights are written to, by write-then-rename.
        repeats: For a run on data that leave nothing to validate on: after each epoch of the run that it repeats the
            metric, signed so that higher is better. What validation decides (a schedule, a regularizer) is decided by
            it, the run ends after as many epochs, and its last weights are kept.
        epochs: As many as the configuration says.
    """

    def __init__(
        self, data: DeviceData, *, metric: Metric, weights: Path, repeats: Sequence[float], epochs: int
    ) -> None:
        self._data = data
        self._task = data.source.task
        self._scaling = data.scaling
        self._metric = metric
        self._weights = weights
        self._repeats = repeats
        self._best: tuple[float, float] | None = None
        self.epoch = 0
        self.epochs = epochs
        self.took_over = False

    @property
    @abstractmethod
    def model(self) -> nn.Module:
        """What would predict now."""

    @property
    @abstractmethod
    def progress(self) -> float:
        """The part of all epochs that is done, 0 to 1."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """Number of the model's weights; 0 is not known."""

    @abstractmethod
    def advance(self, stop: Stop) -> dict[str, float]:
        """Trains one epoch; its metrics by name."""

    @abstractmethod
    def hear(self, value: float) -> str | None:
        """Takes in what validation said, signed so that higher is better. A reason to end, or None."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What `load_state` goes on from, between two epochs."""

    @abstractmethod
    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state` on the same data: as if nothing had happened, or, where another configuration has left
        it, with what that one had learned (`took_over`)."""

    @property
    def size_mb(self) -> float:
        """10^6 bytes of the model's state."""
        return size_mb(self.model)

    def latencies(self) -> dict[str, float]:
        """How long it takes to predict one input, see `automl.training.cost`; changes nothing of the training."""
        data = self._data
        afresh = scaling_for(data.source.preparation, data.device)  # who asks for it sends a text that is new
        return latencies(self.model, data.source.val_inputs, afresh, self._task, data.device)

    def save(self, path: Path, notes: Mapping[str, str]) -> None:
        """Writes all that `restore` goes on from, between two epochs; `notes` see `write_checkpoint`."""
        write_checkpoint({"epoch": self.epoch, "best": self._best, **self.state()}, notes, path)

    def restore(self, path: Path) -> None:
        """Goes on where `save` was called, on the same data.

        Raises:
            UserError: The file is gone or damaged.
        """
        state = read_checkpoint(path)
        self.epoch = state["epoch"]
        self._best = tuple(state["best"]) if state["best"] else None
        self.load_state(state)
        if self.took_over:  # the best epoch so far was another configuration's
            self._best = None

    def run_epoch(self, stop: Stop = lambda: None) -> EpochResult:
        """Trains one epoch and validates.

        Args:
            stop: Asked before each batch; a reason to stop, or None.

        Raises:
            TrialError: Losses or predictions aren't finite.
            TrialStopped: `stop` gave a reason; what was best before stays.
        """
        metrics = self.advance(stop)
        self.epoch += 1
        predictions = None if self._repeats else self.predictions()
        scores = {} if predictions is None else score(predictions, self._data.source.val_targets, self._task)
        value = (self._repeats[self.epoch - 1], 0.0) if self._repeats else merit(scores, self._metric, self._task)
        reason = self.hear(value[0])
        end = "all epochs done" if self.epoch >= self._last_epoch else reason
        better = self._best is None or value > self._best
        is_best = end is not None if self._repeats else better
        if is_best:
            self._best = value
            write_weights(self.model, self._weights, predictions)
        metrics = metrics | {f"val_{name}": figure for name, figure in scores.items()}
        return EpochResult(self.epoch, metrics, value, is_best, end)

    def predictions(self) -> np.ndarray:
        """Of the rows of validation: probabilities (N, classes), or values (N, outputs).

        Raises:
            TrialError: They aren't finite.
        """
        found = predict(self.model, self._data.val_inputs, self._scaling, self._task)
        if not np.isfinite(found).all():
            raise TrialError(f"diverged: predictions aren't finite after epoch {self.epoch}")
        return found

    @property
    def _last_epoch(self) -> int:
        return len(self._repeats) or self.epochs
