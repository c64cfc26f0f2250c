"""A seeded result of a component as a few numbers: the same again, and in another process?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from automl.components import Component
from automl.testing import tiny
from automl.testing.child import Child, Lost
from automl.testing.loading import installed_plugins
from automl.testing.result import Broken
from automl.testing.subject import Subject
from automl.training.losses import for_members, loss_for

SEED = 1
LENGTH = 256
LIMIT = 50.0
"""Seconds; below those that a whole check has."""
ELSEWHERE = Path("/another-machine")
STANDS_ALONE = "Keep all in the one file: nothing beside it is sent along, no environment, no state of this process."


def fingerprint(subject: Subject) -> Tensor:
    """At most 512 float64 numbers: a model's outputs and gradients, what an augmentation makes of a batch, the weights
    after training with a regularizer."""
    task = subject.tasks()[0]
    torch.manual_seed(SEED)
    if subject.component.kind == "regularizer":
        trained = subject.train(task)
        return _sample([*trained.weights.values(), torch.tensor([epoch["train_loss"] for epoch in trained.epochs])])
    if subject.component.kind == "augmentation":
        return _sample(subject.augmentation(task)(*subject.batch(task, 4)))
    model = subject.model(task).train()
    inputs, targets = tiny.batch(task, 4, model)
    outputs = model(inputs)
    for_members(loss_for(task, None))(outputs, targets).backward()  # type: ignore[no-untyped-call]
    norms = [weight.grad.norm().view(1) for weight in model.parameters() if weight.grad is not None]
    return _sample([outputs, *norms])


def shipped_fingerprint(component: Component) -> Tensor:
    """The same of another process, which gets the text under a path that doesn't exist."""
    assert component.source
    source = replace(component.source, path=str(ELSEWHERE / component.source.name))
    where = "another process that was sent its text"
    child = Child()
    try:
        reply = child.load(source, installed_plugins(), LIMIT)
        if "message" in reply:
            raise Broken(f"{where} refused it: {reply['message']}", STANDS_ALONE)
        numbers = child.fingerprint(source, f"{component.kind}.{component.name}", LIMIT)
    except Lost as lost:
        raise Broken(f"{where} {lost.how}", lost.mend) from lost
    finally:
        child.close()
    return torch.tensor(numbers, dtype=torch.float64)


def _sample(tensors: Iterable[Tensor]) -> Tensor:
    """Every so many of the numbers."""
    flat = torch.cat([tensor.detach().double().flatten() for tensor in tensors])
    return flat[:: max(1, len(flat) // LENGTH)]
