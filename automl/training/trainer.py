"""Training one trial, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from automl.components import Catalog, Value
from automl.errors import TrialError, TrialStopped
from automl.evaluation.metrics import Metric, score
from automl.training.arrays import shuffled
from automl.training.assembly import assemble
from automl.training.checkpoint import read_checkpoint, write_checkpoint, write_weights
from automl.training.cost import latency_ms, size_mb
from automl.training.device import DeviceData
from automl.training.epochs import EpochResult, merit
from automl.training.inference import predict
from automl.training.losses import Loss, balanced_weights, for_members, loss_for
from automl.training.optimization import Schedule, make_optimizer, parameter_groups, restore_optimizer
from automl.training.randomness import random_state, set_random_state
from automl.training.scaling import scaling_for
from automl.training.takeover import taken_over


class Trainer:
    """Trains one configuration: `run_epoch` until its result has an `end`. The best epoch's weights lie in `weights`,
    what they predict for validation in `PREDICTIONS` beside it.

    Args:
        configuration: Values of every active parameter.
        metric: What decides which epoch is best; equal values are decided by the smooth loss.
        seed: Of weights, order and augmentations; the same on one device and thread count gives the same trial.
        weights: File that the best epoch's weights are written to, by write-then-rename.
        repeats: For a run on data that leave nothing to validate on: after each epoch of the run that it repeats the
            metric, signed so that higher is better. What validation decides (a schedule, a regularizer) is decided by
            it, the run ends after as many epochs, and its last weights are kept.
    """

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
        torch.manual_seed(seed)
        self._order = np.random.default_rng(seed)
        self._catalog = catalog
        self._configuration = dict(configuration)
        self._data = data
        self._task = data.source.task
        self._metric = metric
        self._weights = weights
        self._repeats = repeats
        built = assemble(catalog, self._task, configuration)
        self._model = built.model.to(data.device).to(memory_format=torch.channels_last)
        self._augmentations = built.augmentations
        self._regularizers = built.regularizers
        self._settings = built.settings
        self._loss = self._composed_loss()
        groups = parameter_groups(self._model)
        for regularizer in self._regularizers:
            groups = regularizer.parameter_groups(groups)
        self._optimizer = make_optimizer(built.settings, groups)
        self._batches = math.ceil(len(data.train_inputs) / built.settings.batch_size)
        self._schedule = Schedule(built.settings, self._optimizer, self._batches)
        self._steps = 0
        self._scaling = scaling_for(data.source.preparation, data.device)
        self._autocast = torch.autocast("cuda", torch.bfloat16, enabled=data.device.type == "cuda")
        self._best: tuple[float, float] | None = None
        self.epoch = 0
        self.epochs = built.settings.epochs
        self.parameters = sum(p.numel() for p in self._model.parameters())
        self.size_mb = size_mb(self._model)

    @property
    def progress(self) -> float:
        """The part of all epochs that is done, 0 to 1, by optimizer steps."""
        return self._steps / (self._batches * self._last_epoch)

    def latency_ms(self) -> float:
        """Milliseconds to predict one input, see `automl.training.cost`; changes nothing of the training."""
        data = self._data
        return latency_ms(self._model, data.source.val_inputs, self._scaling, self._task, data.device)

    def save(self, path: Path, notes: Mapping[str, str]) -> None:
        """Writes all that `restore` goes on from, between two epochs; `notes` see `write_checkpoint`."""
        write_checkpoint(
            {
                "configuration": self._configuration,
                "epoch": self.epoch,
                "steps": self._steps,
                "best": self._best,
                "model": self._model.state_dict(),
                "learning": {name: p.requires_grad for name, p in self._model.named_parameters()},
                "optimizer": self._optimizer.state_dict(),
                "schedule": self._schedule.state_dict(),
                "regularizers": [regularizer.state() for regularizer in self._regularizers],
                "order": self._order.bit_generator.state,
                "random": random_state(self._data.device),
            },
            notes,
            path,
        )

    def restore(self, path: Path) -> None:
        """Goes on where `save` was called, on the same data: as if nothing had happened.

        The one who saved may have had another configuration, as far as it may change in mid-training: see `taken_over`.

        Raises:
            UserError: The file is gone or damaged.
        """
        state = read_checkpoint(path)
        if state.get("configuration", self._configuration) != self._configuration:
            state = taken_over(
                state, self._configuration, self._optimizer, self._regularizers, self._catalog, self._task
            )
        self.epoch, self._steps = state["epoch"], state["steps"]
        self._best = tuple(state["best"]) if state["best"] else None
        self._model.load_state_dict(state["model"])
        for name, parameter in self._model.named_parameters():
            parameter.requires_grad_(state["learning"][name])
        restore_optimizer(self._optimizer, state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        for regularizer, own in zip(self._regularizers, state["regularizers"], strict=True):
            regularizer.restore(own, self._model)
        self._order.bit_generator.state = state["order"]
        set_random_state(state["random"], self._data.device)

    def run_epoch(self, stop: Callable[[], str | None] = lambda: None) -> EpochResult:
        """Trains one epoch and validates.

        Args:
            stop: Asked before each batch; a reason to stop, or None.

        Raises:
            TrialError: The loss isn't finite.
            TrialStopped: `stop` gave a reason; what was best before stays.
        """
        train_loss = self._train(stop)
        lr = float(self._optimizer.param_groups[0]["lr"])
        self.epoch += 1
        if not math.isfinite(train_loss):
            raise TrialError(f"diverged: the training loss is {train_loss} in epoch {self.epoch}")
        for regularizer in self._regularizers:
            regularizer.after_epoch(self._model, self.epoch / self.epochs)
        evaluated = self._evaluation_model()
        predictions = None if self._repeats else self._predictions(evaluated)
        scores = {} if predictions is None else score(predictions, self._data.source.val_targets, self._task)
        value = (self._repeats[self.epoch - 1], 0.0) if self._repeats else merit(scores, self._metric, self._task)
        self._schedule.end_epoch(value[0])
        better = self._best is None or value > self._best
        is_best = self.epoch == self._last_epoch if self._repeats else better
        if is_best:
            self._best = value
            write_weights(evaluated, self._weights, predictions)
        metrics = {"train_loss": train_loss, "lr": lr} | {f"val_{name}": figure for name, figure in scores.items()}
        return EpochResult(self.epoch, metrics, value, is_best, self._why_last(value[0]))

    @property
    def _last_epoch(self) -> int:
        return len(self._repeats) or self.epochs

    def _predictions(self, model: nn.Module) -> np.ndarray:
        predictions = predict(model, self._data.val_inputs, self._scaling, self._task)
        if not np.isfinite(predictions).all():
            raise TrialError(f"diverged: predictions aren't finite after epoch {self.epoch}")
        return predictions

    def _why_last(self, merit: float) -> str | None:
        reasons = [regularizer.after_validation(merit) for regularizer in self._regularizers]
        done = "all epochs done" if self.epoch >= self._last_epoch else None
        return done or next(filter(None, reasons), None)

    def _train(self, stop: Callable[[], str | None]) -> float:
        self._model.train()
        total = torch.zeros((), device=self._data.device)
        count = 0
        for indices in shuffled(len(self._data.train_inputs), self._settings.batch_size, self._order):
            if reason := stop():
                raise TrialStopped(reason)
            inputs = self._scaling.to_unit(self._data.train_inputs.rows(indices))
            targets = self._data.train_targets.rows(indices)
            with torch.no_grad():
                for augmentation in self._augmentations:
                    inputs, targets = augmentation(inputs, targets)
            loss = self._step(self._scaling.normalize(inputs), targets)
            total += loss * len(indices)
            count += len(indices)
        return float(total) / max(1, count)

    def _step(self, inputs: Tensor, targets: Tensor) -> Tensor:
        gradients = partial(self._gradients, inputs, targets)
        for regularizer in self._regularizers:
            gradients = partial(regularizer.gradients, gradients, self._model)
        loss = gradients()
        for regularizer in self._regularizers:
            regularizer.before_step(self._model)
        self._optimizer.step()
        self._steps += 1
        self._schedule.step()
        for regularizer in self._regularizers:
            regularizer.after_step(self._model)
        return loss

    def _gradients(self, inputs: Tensor, targets: Tensor) -> Tensor:
        with self._autocast:
            outputs = self._model(inputs)
        loss = self._loss(outputs.float(), targets)
        full = loss
        for regularizer in self._regularizers:
            penalty = regularizer.penalty(self._model)
            full = full if penalty is None else full + penalty
        self._optimizer.zero_grad(set_to_none=True)
        full.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _composed_loss(self) -> Loss:
        weights = None
        if self._settings.class_weights == "balanced" and self._task.is_classification:
            weights = balanced_weights(self._data.source.train_targets, self._task).to(self._data.device)
        loss = loss_for(self._task, weights)
        for regularizer in self._regularizers:
            loss = regularizer.loss(loss)
        return for_members(loss)

    def _evaluation_model(self) -> nn.Module:
        model = self._model
        for regularizer in self._regularizers:
            model = regularizer.evaluation_model(model)
        return model
