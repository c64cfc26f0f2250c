"""What every regularizer keeps to."""

from __future__ import annotations

import inspect
import math
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from automl.components import Choice, Regularizer, Task, Value
from automl.errors import unknown
from automl.evaluation.metrics import score
from automl.space import Configuration
from automl.testing import tiny
from automl.testing.result import Broken, NotApplicable
from automl.testing.subject import CPU, WEIGHTS, Subject
from automl.training.arrays import DeviceArray
from automl.training.checkpoint import read_weights
from automl.training.inference import predict
from automl.training.losses import for_members, loss_for
from automl.training.scaling import scaling_for

HOOKS = {name: hook for name, hook in vars(Regularizer).items() if not name.startswith("_")}
CHECKPOINT = {"state", "restore"}
"""Hooks that by themselves change nothing."""
HUGE = 1e18
close = partial(torch.allclose, rtol=1e-4, atol=1e-5)


def hooks(subject: Subject) -> None:
    """Overrides hooks of Regularizer, with their arguments."""
    found = subject.regularizer(subject.tasks()[0])
    own = {name for name in HOOKS if getattr(type(found), name) is not HOOKS[name]}
    if not own - CHECKPOINT:
        others = [name for name in dir(type(found)) if not name.startswith("_") and name not in HOOKS]
        near = [hint for name in others if (hint := unknown("hook", name, HOOKS).hint)]
        raise Broken(
            f"{type(found).__name__} overrides no hook ({', '.join(HOOKS.keys() - CHECKPOINT)}), so it changes nothing",
            " ".join(near) or "Write one of them.",
        )
    for name in sorted(own):
        wanted = list(inspect.signature(HOOKS[name]).parameters)[1:]
        try:
            inspect.signature(getattr(found, name)).bind(*wanted)
        except TypeError as error:
            raise Broken(
                f"{name} is called with ({', '.join(wanted)}), but: {error}",
                f"Write def {name}(self, {', '.join(wanted)}).",
            ) from error


def finite(subject: Subject) -> None:
    """Gives finite scalars as penalty and loss, with finite gradients."""
    for task in subject.tasks():
        for drawn in subject.draws(task, 8):
            torch.manual_seed(0)
            try:
                _check_losses(subject.regularizer(task, drawn), task)
            except Broken as broken:
                raise Broken(f"with {subject.described(drawn)} {broken.found}", broken.mend) from broken


def state(subject: Subject) -> None:
    """Its kept weights predict the same in a model that is built anew."""
    for task in subject.tasks():
        trained = subject.train(task)
        model = subject.model(task)
        try:
            model.load_state_dict(trained.weights)
        except RuntimeError as error:
            raise Broken(
                f"the kept weights don't fit: {' '.join(str(error).split())[:200]}",
                "evaluation_model returns a model with the names in its state_dict that wrap_model's has.",
            ) from error
        data = tiny.training_data(task)
        predictions = predict(model, DeviceArray(data.val_inputs, CPU), scaling_for(data.preparation, CPU), task)
        scores = {f"val_{name}": value for name, value in score(predictions, data.val_targets, task).items()}
        if not any(_agree(scores, epoch) for epoch in trained.epochs):
            raise Broken(
                "a model with the kept weights doesn't predict what was validated",
                "In evaluation only the weights may count, nothing that the regularizer keeps elsewhere.",
            )


def resumes(subject: Subject) -> None:
    """Goes on from a checkpoint as if nothing had happened."""
    task = subject.tasks()[0]
    configuration = subject.default(task)
    whole = subject.train(task)
    with TemporaryDirectory() as name:
        folder = Path(name)
        first = subject.trainer(task, configuration, folder)
        ended = first.run_epoch().end
        first.save(folder / "checkpoint", {})
        second = subject.trainer(task, configuration, folder)
        second.restore(folder / "checkpoint")
        metrics = whole.epochs[-1] if ended else second.run_epoch().metrics
        weights = read_weights(folder / WEIGHTS)
    if not _agree(whole.epochs[-1], metrics) or not _same_weights([*whole.weights.values()], [*weights.values()]):
        raise Broken(
            "two epochs with a checkpoint between them aren't what two epochs at once are",
            "state() gives what changes in training (by default attributes that are numbers); restore() takes it.",
        )


def neutral(subject: Subject) -> None:
    """Changes nothing at its neutral values."""
    values = subject.component.neutral
    if values is None:
        raise NotApplicable('neutral values aren\'t declared: neutral={"strength": 0.0} in the decorator')
    plain = Subject(tiny.reference_model())
    for task in subject.tasks():
        configuration = subject.default(task) | {f"{subject.name}.{name}": value for name, value in values.items()}
        without, with_it = plain.train(task), subject.train(task, configuration)
        same = [_agree(before, after) for before, after in zip(without.epochs, with_it.epochs, strict=False)]
        if not all(same) or not _same_weights(list(without.weights.values()), list(with_it.weights.values())):
            raise Broken(
                f"at {subject.described(configuration)} the training of {task.kind} isn't what it is without it",
                "Make these values do nothing (a penalty of 0, a step of 0), or declare others as neutral.",
            )


def live(subject: Subject) -> None:
    """Goes on with other values of its live parameters, which then count."""
    if not subject.component.live:
        raise NotApplicable('live parameters aren\'t declared: live=("strength",) in the decorator')
    task = subject.tasks()[0]
    default = subject.default(task)
    for name in subject.component.live:
        other = default | {f"{subject.name}.{name}": _far_from_default(subject, task, name)}
        if _second_loss(subject, task, other, other) == _second_loss(subject, task, default, default):
            continue  # it changes nothing in so short a training
        if _second_loss(subject, task, default, other) == _second_loss(subject, task, default, default):
            raise Broken(
                f"gone on from a checkpoint with {subject.described(other)}, it trains as with the former value",
                f"restore() must not bring {name} back; or take it out of live.",
            )


def _far_from_default(subject: Subject, task: Task, name: str) -> Value:
    parameter = subject.space(task)[f"{subject.name}.{name}"]
    domain, default = parameter.domain, parameter.default
    if isinstance(domain, Choice):
        return next(option for option in domain.options if option != default)
    highest = domain.clip(HUGE)
    return highest if highest != default else domain.clip(-HUGE)


def _second_loss(subject: Subject, task: Task, before: Configuration, after: Configuration) -> float:
    """The training loss of the second epoch, which goes on from a checkpoint of the first."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        first = subject.trainer(task, before, folder)
        first.run_epoch()
        first.save(folder / "checkpoint", {})
        second = subject.trainer(task, after, folder)
        second.restore(folder / "checkpoint")
        return second.run_epoch().metrics["train_loss"]


def _check_losses(regularizer: Regularizer, task: Task) -> None:
    model = regularizer.wrap_model(Subject(tiny.reference_model()).model(task)).train()
    penalty = regularizer.penalty(model)
    if penalty is not None:
        _check_scalar(penalty, "the penalty", model)
    loss = for_members(regularizer.loss(loss_for(task, None)))
    inputs, targets = tiny.batch(task, 8)
    given = [targets]
    if task.is_classification:
        given.append(torch.rand(len(targets), task.num_classes).softmax(1))  # as an augmentation mixes them
    for labels in given:
        model.zero_grad()
        _check_scalar(loss(model(inputs), labels), f"the loss for targets {tuple(labels.shape)}", model)


def _check_scalar(value: object, what: str, model: torch.nn.Module) -> None:
    if not isinstance(value, Tensor) or value.ndim:
        got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise Broken(f"{what} is {got}; it must be a scalar tensor", "Take the sum or the mean of it.")
    if not value.isfinite():
        raise Broken(
            f"{what} is {float(value.detach())}; it must be finite",
            "Look for a division by zero, a logarithm or root of what isn't positive.",
        )
    if not value.requires_grad and value == 0:
        return  # a penalty that has not set in yet
    if not value.requires_grad:
        raise Broken(
            f"{what} doesn't depend on the weights, so it changes nothing",
            "Compute it from model.parameters() or the outputs, without detach(), .data, no_grad() or float().",
        )
    value.backward()  # type: ignore[no-untyped-call]
    for name, weight in model.named_parameters():
        if weight.grad is not None and not weight.grad.isfinite().all():
            raise Broken(f"the gradient of {what} isn't finite at {name}", "Look for sqrt or a norm at zero.")


def _agree(first: dict[str, float], second: dict[str, float]) -> bool:
    """Whether two epochs have the same figures, as far as both have them."""
    return all(
        math.isclose(value, second[name], rel_tol=1e-4, abs_tol=1e-5) or math.isnan(value)
        for name, value in first.items()
        if name in second
    )


def _same_weights(first: list[Tensor], second: list[Tensor]) -> bool:
    return len(first) == len(second) and all(
        one.shape == other.shape and close(one, other) for one, other in zip(first, second, strict=True)
    )
