"""Predictions of a module on prepared arrays: the same code validates, tests and serves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from automl.components import Task
from automl.training.arrays import DeviceArray
from automl.training.bag import Bag
from automl.training.fitted import Fitted
from automl.training.per_word import places_of, words_in
from automl.training.scaling import Scaling

BATCH = 512
FITTED_BATCH = 65_536
"""Rows that an estimator gets at a time: it has no activations to hold."""

TEXT_BATCH = 128
"""Texts at a time, those of a batch about as long as each other."""


def predict(model: nn.Module, inputs: DeviceArray, scaling: Scaling, task: Task) -> np.ndarray:
    """Probabilities (N, classes), or values (N, outputs) for regression; float32. N are the inputs, or all their words
    where each has a class."""
    return _ask(model, inputs, scaling, task, lambda outputs: as_predictions(outputs, task))


def predict_with_energies(
    model: nn.Module, inputs: DeviceArray, scaling: Scaling, task: Task, outside: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, classes), and of each row the log of its summed exponentiated outputs (N,), that of the class
    `outside` left out; of members the mean. Of a model that gives probabilities alone it is about the same for all."""

    def both(outputs: Tensor) -> Tensor:
        of_classes = [place for place in range(task.num_outputs) if place != outside]
        energies = outputs[..., of_classes].logsumexp(-1, keepdim=True)
        energies = energies.mean(1) if energies.ndim == 3 else energies
        return torch.cat([as_predictions(outputs, task), energies], dim=1)

    found = _ask(model, inputs, scaling, task, both)
    return found[:, :-1], found[:, -1]


def embed(model: nn.Module, inputs: DeviceArray, scaling: Scaling, task: Task) -> np.ndarray | None:
    """float32 (N, D): what the last linear layer that is called in a net gets; of a bag that of its first member. None
    where none is called once for each input."""
    net = model.members[0] if isinstance(model, Bag) else model
    linear = [module for module in net.modules() if isinstance(module, nn.Linear)]
    if isinstance(net, Fitted) or not linear or not len(inputs):
        return None
    held: list[Tensor] = []

    def vectors(outputs: Tensor) -> Tensor:
        got = held.pop().float() if held else outputs[:, :0]
        held.clear()
        return got.flatten(1, -2).mean(1) if got.ndim > 2 else got

    hooks = [module.register_forward_pre_hook(lambda _, given: held.append(given[0])) for module in linear]
    try:
        found = _ask(net, inputs, scaling, task, vectors)
    finally:
        for hook in hooks:
            hook.remove()
    return found if found.shape[1] and len(found) == len(inputs) else None


@torch.inference_mode()
def _ask(
    model: nn.Module, inputs: DeviceArray, scaling: Scaling, task: Task, made_of: Callable[[Tensor], Tensor]
) -> np.ndarray:
    """(N, K), what is made of each batch's outputs; of a bag the mean."""
    if isinstance(model, Bag):
        members = [_ask(member, inputs, scaling, task, made_of) for member in model.members]
        mean: np.ndarray = np.mean(np.stack(members), axis=0)
        return mean
    was_training = model.training
    model.eval()
    parts = []
    is_fitted = isinstance(model, Fitted)
    inputs = inputs if is_fitted else scaling.read(model, inputs)
    by_length = None if inputs.lengths is None else np.argsort(inputs.lengths, kind="stable")
    batch = FITTED_BATCH if is_fitted else BATCH if by_length is None else TEXT_BATCH
    for start in range(0, len(inputs), batch):
        place = slice(start, start + batch)
        rows = inputs.rows(place if by_length is None else by_length[place])
        outputs = model(rows if is_fitted else scaling(rows)).float()
        if not (is_fitted or task.is_classification):
            outputs = scaling.values(outputs)
        parts.append(made_of(outputs).cpu())
    model.train(was_training)
    if not parts:
        return made_of(torch.zeros(0, task.num_outputs)).numpy()
    found: np.ndarray = torch.cat(parts).numpy()
    if by_length is not None:
        counts = words_in(inputs.array) if task.is_per_word else np.ones(len(inputs), np.int64)
        found[places_of(by_length, counts)] = found.copy()
    return found


def as_predictions(outputs: Tensor, task: Task) -> Tensor:
    """A model's outputs (N, outputs), or (N, members, outputs), as probabilities or values (N, outputs): of members the
    mean."""
    predictions = outputs.softmax(-1) if task.is_classification else outputs
    return predictions.mean(1) if predictions.ndim == 3 else predictions
