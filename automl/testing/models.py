"""What every model keeps to."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from automl.components import Task
from automl.testing import tiny
from automl.testing.result import Broken, Measured, NotApplicable
from automl.testing.subject import Subject
from automl.training.checkpoint import read_weights, write_weights
from automl.training.losses import for_members, loss_for

close = partial(torch.allclose, rtol=1e-3, atol=1e-4)
NEEDS_PIXELS = (
    "Pool to a fixed size (nn.AdaptiveAvgPool2d(1)), or say what is needed: "
    'applies=lambda task: "needs 16 px" if min(task.input_shape[1:]) < 16 else None'
)
NEEDS_TOKENS = (
    "Tokens are below task.vocabulary_size, a text has up to task.input_shape[0] of them, and may have none; or say "
    'what is needed: applies=lambda task: None if task.input_shape[0] > 2 else "needs 3 tokens"'
)
NEEDS_COLUMNS = (
    "Split the row at task.num_numeric, either part may be empty; or say what is needed: "
    'applies=lambda task: None if task.num_numeric else "needs numbers"'
)


def gradients(subject: Subject) -> None:
    """Right shape and finite gradients, for each task that it claims."""
    for task in subject.tasks():
        model = subject.model(task).train()
        count = 4 if task.is_text else 2  # the fourth text is empty, unless its words have classes
        _backward(model, task, *tiny.batch(task, count, model))


def one_sample(subject: Subject) -> None:
    """Predicts an input alone as it does in a batch."""
    for task in subject.families():
        model = _settled(subject, task)
        inputs, targets = tiny.batch(task, 4, model)
        with torch.no_grad():
            alone = model(_unpadded(inputs[:1], task))
            together = model(inputs)[: len(alone)]
        if not close(together, alone):
            raise Broken(
                f"alone an input's outputs differ by {_gap(together, alone)} from those in a batch of 4; in evaluation "
                "each input stands for itself",
                "Look for a mean or softmax over dimension 0, a squeeze() without a dimension, or dropout that stays "
                "on.",
            )
        _backward(model, task, inputs[:1], targets[: len(alone)])


def sizes(subject: Subject) -> Measured | None:
    """Takes odd sizes of images, tables or texts, or says that it doesn't.

    8x8 and 33x40 px, grey and colour; rows without numbers, without categories, and with many; texts of one token.
    """
    left_out: dict[str, list[str]] = {}
    for task in (odd for usual in subject.families() for odd in tiny.odd_tasks(usual.kind)):
        shape = tiny.described(task).removeprefix("images of ")
        if reason := subject.component.mismatch(task):
            left_out.setdefault(reason, []).append(shape)
            continue
        try:
            model = subject.model(task).train()
            _backward(model, task, *tiny.batch(task, 2, model))
        except Broken as broken:
            raise Broken(f"{shape}: {broken.found}", broken.mend) from broken
        except Exception as error:
            said = " ".join(str(error).split())
            raise Broken(
                f"{tiny.described(task)} raised {type(error).__name__}: {said}",
                NEEDS_COLUMNS if task.is_table else NEEDS_TOKENS if task.is_text else NEEDS_PIXELS,
            ) from error
    told = "; ".join(f"{', '.join(shapes)}: {reason}" for reason, shapes in left_out.items())
    return Measured(told, {}) if told else None


def state(subject: Subject) -> None:
    """Predicts the same when built anew with its saved weights."""
    for task in subject.families():
        first, second = _settled(subject, task), subject.model(task)
        inputs, _ = tiny.batch(task, 2, first)
        with tempfile.TemporaryDirectory() as folder:
            write_weights(first, Path(folder) / "weights.safetensors")
            second.load_state_dict(read_weights(Path(folder) / "weights.safetensors"))
        with torch.no_grad():
            before, after = first(inputs), second.eval()(inputs)
        if not close(before, after):
            raise Broken(
                f"with its own weights loaded outputs differ by {_gap(before, after)}; its state_dict must be all it "
                "needs",
                "Keep what is learned or drawn in nn.Parameter or register_buffer, not in plain attributes or lists.",
            )


def memory_format(subject: Subject) -> None:
    """Takes images that lie channels_last in memory, as the engine's."""
    task = subject.tasks()[0]
    if not task.is_image:
        raise NotApplicable(f"{tiny.noun(task)} lie in memory in one way")
    model = _settled(subject, task)
    inputs = tiny.batch(task, 2)[0].contiguous()
    with torch.no_grad():
        before = model(inputs)
        after = model.to(memory_format=torch.channels_last)(inputs.to(memory_format=torch.channels_last))
    if not close(before, after):
        raise Broken(
            f"the outputs differ by {_gap(before, after)} when the images are laid out channels_last; they must not",
            "Use reshape or flatten, which go by the shape, not as_strided or storage order.",
        )


def _unpadded(inputs: Tensor, task: Task) -> Tensor:
    """As the engine gives it: what is padding in all texts of a batch is cut off."""
    if not task.is_text or inputs.is_floating_point():
        return inputs
    return inputs[:, : max(1, int((inputs != 0).any(0).sum()))]


def _settled(subject: Subject, task: Task) -> nn.Module:
    """In evaluation mode, with running statistics that have moved."""
    model = subject.model(task)
    with torch.no_grad():
        model.train()(tiny.batch(task, 8, model)[0])
    return model.eval()


def _backward(model: nn.Module, task: Task, inputs: Tensor, targets: Tensor) -> None:
    outputs = model(inputs)
    if not outputs.isfinite().all():
        raise Broken(f"for {task.kind} it returned values that aren't finite", "Look for log, sqrt, exp or a division.")
    if not outputs.requires_grad:
        raise Broken(
            "its output depends on no weight, so it can't be trained",
            "Compute it with the module's parameters, without detach(), .data or no_grad().",
        )
    for_members(loss_for(task, None))(outputs, targets).backward()  # type: ignore[no-untyped-call]
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        if weight.grad is None:
            raise Broken(
                f"the weight {name} gets no gradient for {task.kind}; each weight takes part in the output",
                "Leave the layer out if it isn't used; freeze what must not learn with requires_grad_(False).",
            )
        if not weight.grad.isfinite().all():
            raise Broken(
                f"the gradient of {name} isn't finite for {task.kind}",
                "Look for sqrt or norm at zero, a division by what can be zero, or log of it.",
            )


def _gap(first: Tensor, second: Tensor) -> str:
    return f"{float((first - second).abs().max()):.2g}"
