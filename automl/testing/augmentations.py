"""What every augmentation keeps to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from automl.components import Task
from automl.testing import tiny
from automl.testing.result import Broken, NotApplicable
from automl.testing.subject import Subject


def shape(subject: Subject) -> None:
    """Keeps shape, dtype, device and batch size, odd sizes included."""
    for task in _tasks(subject):
        inputs, targets = subject.batch(task, 6)
        _check_shape(inputs, targets, *subject.augmentation(task)(inputs, targets))


def one_sample(subject: Subject) -> None:
    """Takes a batch of one."""
    for task in _tasks(subject):
        inputs, targets = subject.batch(task, 1)
        _check_shape(inputs, targets, *subject.augmentation(task)(inputs, targets))


def pixels(subject: Subject) -> None:
    """Keeps pixels finite and from 0 to 1, whatever values are drawn."""
    task = subject.tasks()[0]
    if not task.is_image:
        raise NotApplicable("it isn't for images")
    inputs, targets = subject.batch(task, 8)
    inputs[0], inputs[1] = 0, 1
    for drawn in subject.draws(task, 20):
        changed, _ = subject.augmentation(task, drawn)(inputs, targets)
        if not changed.isfinite().all():
            raise Broken(
                f"with {subject.described(drawn)} {int((~changed.isfinite()).sum())} pixels became NaN or infinite",
                "Look for a division by the image's own mean, std or maximum: an image may be black all over.",
            )
        low, high = float(changed.min()), float(changed.max())
        if low < 0 or high > 1:
            raise Broken(
                f"with {subject.described(drawn)} pixels reached from {low:.3g} to {high:.3g}; they stay from 0 to 1",
                "End with .clamp(0, 1).",
            )


def cells(subject: Subject) -> None:
    """Keeps a row's numbers finite and its codes among those there are."""
    task = next((task for task in subject.tasks() if task.is_table), None)
    if task is None:
        raise NotApplicable("it isn't for tables")
    inputs, targets = subject.batch(task, 8)
    for drawn in subject.draws(task, 20):
        changed, _ = subject.augmentation(task, drawn)(inputs, targets)
        if not changed.isfinite().all():
            raise Broken(
                f"with {subject.described(drawn)} {int((~changed.isfinite()).sum())} cells became NaN or infinite",
                "Look for a division by zero; a missing number is 0 here.",
            )
        codes, sizes = changed[:, task.num_numeric :], torch.tensor(task.category_sizes)
        if not (codes == codes.round()).all() or (codes < 0).any() or (codes >= sizes).any():
            raise Broken(
                f"with {subject.described(drawn)} codes became {float(codes.min()):.3g} to {float(codes.max()):.3g}; "
                "they stay whole numbers below task.category_sizes",
                "Change rows[:, :task.num_numeric]; of codes take another row's, or 0 for a missing one.",
            )


def tokens(subject: Subject) -> None:
    """Keeps tokens among those there are, and the padding behind them."""
    tasks = [task for task in subject.tasks() if task.is_text]
    if not tasks or subject.component.on_embeddings:
        raise NotApplicable("it isn't for tokens")
    for task in tasks:
        _tokens(subject, task)


def _tokens(subject: Subject, task: Task) -> None:
    inputs, targets = subject.batch(task, 8)
    for drawn in subject.draws(task, 20):
        given, _ = subject.augmentation(task, drawn)(inputs, targets)
        if task.is_per_word and not torch.equal(given > 0, inputs > 0):
            raise Broken(
                f"with {subject.described(drawn)} the first tokens of words came to stand elsewhere; each of them has "
                "a label, the others of a word are negative",
                "Keep the places and the signs, or leave token-classification out of task=.",
            )
        changed = given.abs() if task.is_per_word else given
        if (changed < 0).any() or (changed >= task.vocabulary_size).any():
            raise Broken(
                f"with {subject.described(drawn)} tokens became {int(changed.min())} to {int(changed.max())}; they "
                "stay below task.vocabulary_size",
                "Take tokens of the batch; a model may have a vocabulary of its own.",
            )
        is_token = changed != 0
        if (is_token[:, 1:] & ~is_token[:, :-1]).any():
            raise Broken(
                f"with {subject.described(drawn)} a 0 came to stand before a token; it is the padding behind a text",
                "Move what stands behind a token that is left out.",
            )


def arguments_kept(subject: Subject) -> None:
    """Leaves the batch that it is given as it is."""
    task = subject.tasks()[0]
    apply = subject.augmentation(task)
    for targets in _targets(task, 8):
        inputs, _ = subject.batch(task, 8)
        before, labels = inputs.clone(), targets.clone()
        apply(inputs, targets)
        if not (torch.equal(inputs, before) and torch.equal(targets, labels)):
            what = tiny.noun(task) if torch.equal(targets, labels) else "targets"
            raise Broken(
                f"it changed the {what} that it was given; they belong to the data, and are used again",
                "Work on a copy: no x[...] = ..., x += ..., or methods that end in _ on the arguments.",
            )


def per_sample(subject: Subject) -> None:
    """Draws anew for each sample and each batch."""
    task = subject.tasks()[0]
    apply = subject.augmentation(task)
    pair, targets = subject.batch(task, 2)
    inputs, targets = pair.repeat(16, *[1] * (pair.ndim - 1)), targets.repeat(16, *[1] * (targets.ndim - 1))
    # Several times: one draw with a small probability may leave all samples alone.
    runs = [apply(inputs, targets)[0] for _ in range(8)]
    if all(torch.equal(run, inputs) for run in runs):
        raise Broken(
            f"it changed nothing in 8 batches of 32 {tiny.noun(task)}",
            "Look at its defaults: they must do something, as they are what is tried first.",
        )
    if all(torch.equal(run[0::2], run[:1].expand_as(run[0::2])) for run in runs):
        raise Broken(
            f"16 copies of one {tiny.noun(task)[:-1]} came out alike; each sample of a batch is changed in its own way",
            "Draw len(inputs) numbers, such as torch.rand(len(inputs), 1, 1, 1, device=inputs.device).",
        )
    if all(torch.equal(run, runs[0]) for run in runs):
        raise Broken(
            "8 batches were changed in one and the same way; each call draws anew",
            "Draw inside the function that is applied, and set no seed.",
        )


def targets(subject: Subject) -> None:
    """Keeps targets valid: indices, probabilities or values."""
    for task in subject.tasks():
        inputs, _ = subject.batch(task, 8)
        for given in _targets(task, 8):
            _, new = subject.augmentation(task)(inputs, given)
            _check_targets(given, new, task)


def memory_format(subject: Subject) -> None:
    """Takes images that lie channels_last in memory, as the engine's."""
    task = subject.tasks()[0]
    if not task.is_image:
        raise NotApplicable(f"{tiny.noun(task)} lie in memory in one way")
    inputs, targets = subject.batch(task, 8)
    for layout in (torch.contiguous_format, torch.channels_last):
        laid = inputs.to(memory_format=layout)
        _check_shape(laid, targets, *subject.augmentation(task)(laid, targets))


def evaluation(subject: Subject) -> None:
    """Is off in evaluation."""
    task = subject.tasks()[0]
    seen: list[int] = []
    counted = Subject(replace(subject.component, factory=_counting(subject.component.factory, seen)))
    with TemporaryDirectory() as folder:
        counted.trainer(task, counted.default(task), Path(folder)).run_epoch()
    if sum(seen) != tiny.TRAIN:
        raise Broken(
            f"in an epoch of {tiny.TRAIN} training and {tiny.VAL} validation {tiny.noun(task)} it was applied to "
            f"{sum(seen)}",
            "Change nothing but the batch: not the model, and not torch.",
        )


def _counting(factory: Callable[..., Any], seen: list[int]) -> Callable[..., Any]:
    """The same factory of an augmentation that notes the size of each batch."""

    @wraps(factory)
    def counting(*args: Any, **values: Any) -> Any:
        apply = factory(*args, **values)

        def counted(inputs: Tensor, targets: Tensor) -> Any:
            seen.append(len(inputs))
            return apply(inputs, targets)

        return counted

    return counting


def _tasks(subject: Subject) -> list[Task]:
    """The usual task of each family and the odd ones that it fits."""
    usual = subject.families()
    odd = [task for family in usual for task in tiny.odd_tasks(family.kind)]
    return [*usual, *(task for task in odd if subject.component.mismatch(task) is None)]


def _targets(task: Task, count: int) -> list[Tensor]:
    """What the engine may give: classes also as probabilities, where another augmentation has mixed them."""
    plain = tiny.targets(task, count)
    return [plain, torch.rand(count, task.num_classes).softmax(1)] if task.is_classification else [plain]


def _check_shape(inputs: Tensor, targets: Tensor, changed: Tensor, new: Tensor) -> None:
    noun = "images" if inputs.ndim == 4 else "rows" if inputs.is_floating_point() else "texts"
    if len(changed) != len(inputs) or len(new) != len(targets):
        raise Broken(
            f"a batch of {len(inputs)} became {len(changed)} {noun} and {len(new)} targets; the batch keeps its size",
            f"Change {noun}, but neither add, drop nor repeat any.",
        )
    if changed.shape != inputs.shape:
        raise Broken(
            f"{noun} {tuple(inputs.shape)} became {tuple(changed.shape)}; the shape stays",
            "After a crop, pad or resize to the height and width that came in; keep all channels, or columns.",
        )
    if changed.dtype != inputs.dtype:
        raise Broken(f"{inputs.dtype} became {changed.dtype}; the dtype stays", "Compute in inputs.dtype, end in it.")
    if changed.device != inputs.device or new.device != targets.device:
        raise Broken(
            f"a batch on {inputs.device} came back on {changed.device}, targets on {new.device}; the device stays",
            "Make new tensors with device=inputs.device.",
        )


def _check_targets(given: Tensor, new: Tensor, task: Task) -> None:
    if not task.is_classification:
        if new.shape != given.shape or not new.isfinite().all():
            raise Broken(
                f"values {tuple(given.shape)} became {tuple(new.shape)}; a regression's targets keep their shape",
                "Mix values as you mix images, or leave them alone.",
            )
        return
    if new.ndim == 1 and new.dtype == torch.int64:
        if new.min() < 0 or new.max() >= task.num_classes:
            raise Broken(
                f"class indices reach from {int(new.min())} to {int(new.max())}; there are {task.num_classes} classes",
                "Leave the targets alone, or return probabilities (N, classes).",
            )
        return
    if new.shape != (len(given), task.num_classes) or not new.is_floating_point():
        raise Broken(
            f"targets became {new.dtype} {tuple(new.shape)}; they are int64 (N,) or floats (N, task.num_classes)",
            "To mix labels: functional.one_hot(targets, task.num_classes).float() where targets.ndim == 1.",
        )
    sums = new.sum(1)
    if new.min() < 0 or not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise Broken(
            f"probabilities from {float(new.min()):.3g}, sums from {float(sums.min()):.3g} to {float(sums.max()):.3g}; "
            "none is negative, and each row sums to 1",
            "Mix two rows as share * a + (1 - share) * b.",
        )
