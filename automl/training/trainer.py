"""Training one trial, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from automl.components import Catalog, Value
from automl.errors import TrialError, TrialStopped
from automl.evaluation.metrics import Metric
from automl.training.arrays import shuffled
from automl.training.assembly import assemble
from automl.training.base import BaseTrainer, Stop
from automl.training.device import DeviceData
from automl.training.embeddings import augmented
from automl.training.fidelity import rows_by_epoch
from automl.training.losses import Loss, balanced_weights, for_members, loss_for
from automl.training.optimization import Schedule, make_optimizer, parameter_groups, restore_optimizer
from automl.training.randomness import random_state, set_random_state
from automl.training.takeover import taken_over


class Trainer(BaseTrainer):
    """Trains a net by gradients; further arguments see `BaseTrainer`.

    Args:
        configuration: Values of every active parameter.
        seed: Of weights, order and augmentations; the same on one device and thread count gives the same trial.
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
        built = assemble(catalog, data.source.task, configuration)
        super().__init__(data, metric=metric, weights=weights, repeats=repeats, epochs=built.settings.epochs)
        self._order = np.random.default_rng(seed)
        self._catalog = catalog
        self._configuration = dict(configuration)
        self._model = built.model.to(data.device).to(memory_format=torch.channels_last)
        self._evaluated = self._model
        self._inputs = self._scaling.read(self._model, data.train_inputs)
        # A net that reads texts in a way of its own, as vectors, has no tokens that could be changed.
        has_units = not self._task.is_text or self._inputs.lengths is not None
        self._augmentations = built.augmentations if has_units else ()
        self._on_embeddings = built.on_embeddings
        self._regularizers = built.regularizers
        self._settings = built.settings
        self._loss = self._composed_loss()
        groups = parameter_groups(self._model)
        for regularizer in self._regularizers:
            groups = regularizer.parameter_groups(groups)
        self._optimizer = make_optimizer(built.settings, groups)
        self._rows = self._rows_by_epoch()
        self._batches = [math.ceil(rows / built.settings.batch_size) for rows in self._rows]
        self._schedule = Schedule(built.settings, self._optimizer, self._batches)
        self._steps = 0
        self._part = 0.0
        self._autocast = torch.autocast("cuda", torch.bfloat16, enabled=data.device.type == "cuda")

    @property
    def model(self) -> nn.Module:
        return self._evaluated

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self._model.parameters())

    @property
    def progress(self) -> float:
        """By rows; one of validation, which has no backward pass, counts as a third of one of train."""
        work = [rows + len(self._data.val_inputs) / 3 for rows in self._rows[: self._last_epoch]]
        under_way = self._part * work[self.epoch] if self._part else 0.0
        return (sum(work[: self.epoch]) + under_way) / sum(work)

    def state(self) -> dict[str, Any]:
        return {
            "configuration": self._configuration,
            "steps": self._steps,
            "model": self._model.state_dict(),
            "learning": {name: p.requires_grad for name, p in self._model.named_parameters()},
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "regularizers": [regularizer.state() for regularizer in self._regularizers],
            "order": self._order.bit_generator.state,
            "random": random_state(self._data.device),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes on from it; another configuration may differ in what may change in mid-training: see `taken_over`."""
        if state.get("configuration", self._configuration) != self._configuration:
            state = taken_over(
                state, self._configuration, self._optimizer, self._regularizers, self._catalog, self._task
            )
            self.took_over = True
        self._steps = state["steps"]
        self._model.load_state_dict(state["model"])
        for name, parameter in self._model.named_parameters():
            parameter.requires_grad_(state["learning"][name])
        restore_optimizer(self._optimizer, state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        for regularizer, own in zip(self._regularizers, state["regularizers"], strict=True):
            regularizer.restore(own, self._model)
        self._order.bit_generator.state = state["order"]
        set_random_state(state["random"], self._data.device)

    def advance(self, stop: Stop) -> dict[str, float]:
        train_loss = self._train(stop)
        self._part = 0.0
        epoch, lr = self.epoch + 1, float(self._optimizer.param_groups[0]["lr"])
        if not math.isfinite(train_loss):
            raise TrialError(f"diverged: the training loss is {train_loss} in epoch {epoch}")
        for regularizer in self._regularizers:
            regularizer.after_epoch(self._model, epoch / self.epochs)
        self._evaluated = self._evaluation_model()
        return {"train_loss": train_loss, "lr": lr}

    def hear(self, value: float) -> str | None:
        self._schedule.end_epoch(value)
        reasons = [regularizer.after_validation(value) for regularizer in self._regularizers]
        return next(filter(None, reasons), None)

    def _train(self, stop: Stop) -> float:
        self._model.train()
        total = torch.zeros((), device=self._data.device)
        count = 0
        for number, indices in enumerate(self._shuffled()):
            self._part = number / self._batches[self.epoch]
            if reason := stop():
                raise TrialStopped(reason)
            inputs = self._scaling.to_unit(self._inputs.rows(indices))
            targets = self._scaling.unit_targets(self._data.train_targets.rows(indices))
            targets = targets[targets >= 0] if self._task.is_per_word else targets
            with torch.no_grad():
                for augmentation in self._augmentations:
                    inputs, targets = augmentation(inputs, targets)
            loss = self._step(self._scaling.normalize(inputs), targets)
            total += loss * len(indices)
            count += len(indices)
        return float(total) / max(1, count)

    def _rows_by_epoch(self) -> list[int]:
        count = len(self._data.train_inputs)
        if self._data.order is None:
            return [count] * self.epochs
        return rows_by_epoch(count, self.epochs, self._settings.batch_size)

    def _shuffled(self) -> Iterator[np.ndarray]:
        """The row numbers of this epoch's batches."""
        rows, order, lengths = self._rows[self.epoch], self._data.order, self._inputs.lengths
        if lengths is not None and order is not None:
            lengths = lengths[order]
        for indices in shuffled(rows, self._settings.batch_size, self._order, lengths):
            yield indices if order is None else order[indices]

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
        with self._autocast, augmented(self._model, self._on_embeddings, targets) as held:
            outputs = self._model(inputs)
        loss = self._loss(outputs.float(), held[0])
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
