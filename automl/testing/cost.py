"""Time and memory of a batch."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, UntypedStorage
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from automl.components import Task
from automl.testing import tiny
from automl.testing.result import Measured
from automl.testing.subject import Subject
from automl.training.losses import for_members, loss_for

BATCH = 64
REPEATS = 3
ENOUGH = 1.0
"""Seconds after which it isn't repeated any more."""

Work = tuple[Callable[[], Any], Iterable[Tensor]]
"""What a batch takes, and the tensors that are there before."""


def cost(subject: Subject) -> Measured:
    """Time of a batch of 64, and memory of its tensors at the peak.

    Of a model's whole step, of an augmentation's call, of what a regularizer adds to the step of a small model.
    """
    task = subject.tasks()[0]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with TemporaryDirectory() as folder:
        if subject.component.kind == "regularizer":
            seconds, size = _measure(_step(subject, task, device, Path(folder)), device)
            plain, _ = _measure(_step(Subject(tiny.reference_model()), task, device, Path(folder)), device)
            seconds = max(0.0, seconds - plain)
        else:
            make = _forward_and_backward if subject.component.kind == "model" else _call
            seconds, size = _measure(make(subject, task, device), device)
    cores = "GPU" if device.type == "cuda" else f"CPU, threads: {torch.get_num_threads()}"
    message = f"{1000 * seconds:,.1f} ms, {size / 1e6:,.0f} MB for {BATCH} {tiny.described(task)} ({cores})"
    return Measured(message, {"seconds": seconds, "bytes": size})


def _forward_and_backward(subject: Subject, task: Task, device: torch.device) -> Work:
    model = subject.model(task).train().to(device).to(memory_format=torch.channels_last)
    inputs, targets = (tensor.to(device) for tensor in tiny.batch(task, BATCH, model))
    optimizer = torch.optim.AdamW(model.parameters())
    loss = for_members(loss_for(task, None))

    def run() -> None:
        optimizer.zero_grad()
        with torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
            outputs = model(inputs)
        loss(outputs.float(), targets).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return run, [inputs, targets, *model.parameters(), *model.buffers()]


def _call(subject: Subject, task: Task, device: torch.device) -> Work:
    apply = subject.augmentation(task)
    inputs, targets = (tensor.to(device) for tensor in subject.batch(task, BATCH))
    return lambda: apply(inputs, targets), [inputs, targets]


def _step(subject: Subject, task: Task, device: torch.device, folder: Path) -> Work:
    """An epoch of one batch: all hooks are called in it."""
    settings = {"training.batch_size": BATCH, "training.epochs": 100}
    trainer = subject.trainer(task, subject.default(task) | settings, folder, device=device, count=BATCH)
    return trainer.run_epoch, []


def _measure(work: Work, device: torch.device) -> tuple[float, float]:
    """Seconds of the fastest of a few runs, and bytes at the peak."""
    run, held = work
    size = _bytes_on_gpu(run) if device.type == "cuda" else _bytes_on_cpu(run, held)
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < ENOUGH:
        start = time.perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times), size


def _bytes_on_gpu(run: Callable[[], Any]) -> float:
    torch.cuda.reset_peak_memory_stats()
    run()
    return float(torch.cuda.max_memory_allocated())


def _bytes_on_cpu(run: Callable[[], Any], held: Iterable[Tensor]) -> float:
    with _Alive() as alive:
        for tensor in held:
            alive.count(tensor.untyped_storage())
        run()
    return float(alive.peak)


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Bytes of the tensors that are alive at once, at most: weights, gradients, the optimizer's state, activations.

    Not of what an operation needs inside of itself.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self._now = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, Tensor):
                self.count(leaf.untyped_storage())
        return out

    def count(self, storage: UntypedStorage) -> None:
        address = storage._cdata
        if address not in self._known:
            self._known.add(address)
            self._now += storage.nbytes()
            self.peak = max(self.peak, self._now)
            weakref.finalize(storage, self._free, address, storage.nbytes())

    def _free(self, address: int, size: int) -> None:
        self._known.discard(address)
        self._now -= size
