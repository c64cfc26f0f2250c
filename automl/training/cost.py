"""What a model costs whoever serves it."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from torch import nn

from automl.components import Task
from automl.training.arrays import DeviceArray
from automl.training.inference import predict
from automl.training.scaling import Scaling

WARM_UP = 3
RUNS = 30
ENOUGH = 0.5
"""Seconds of runs after which no further one is timed."""


def latency_ms(model: nn.Module, inputs: np.ndarray, scaling: Scaling, task: Task, device: torch.device) -> float:
    """Milliseconds to predict one input: the median over runs, in evaluation mode, after some that aren't timed.

    From the prepared input, on the device, to the prediction in memory; of a text, reading it is a part of that. It
    depends on the device, on the number of threads, on the input's shape, on torch's version, and on what else runs on
    the machine: figures are comparable within a search, less so between machines.

    Args:
        inputs: Prepared, N of them; the first one is predicted.
    """
    one = DeviceArray(inputs[:1], device)
    return median_ms(lambda: predict(model, one, scaling, task))  # its result is on the CPU: an accelerator has done


def median_ms(predict_one: Callable[[], object]) -> float:
    """Milliseconds that it takes, see `latency_ms`."""
    for _ in range(WARM_UP):
        predict_one()
    times: list[float] = []
    while len(times) < RUNS and sum(times) < ENOUGH:
        started = time.perf_counter()
        predict_one()
        times.append(time.perf_counter() - started)
    return 1000 * median(times)


def size_mb(model: nn.Module) -> float:
    """10^6 bytes of a model's state, its weights and buffers, as they are saved; and of what its modules say that they
    need beside it, as `bytes_beside`."""
    size: int = sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())
    beside: int = sum(getattr(module, "bytes_beside", 0) for module in model.modules())
    return (size + beside) / 1e6
