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
RUNS = 100
ENOUGH = 0.5
"""Seconds of runs after which no further one is timed."""


def latencies(
    model: nn.Module, inputs: np.ndarray, scaling: Scaling, task: Task, device: torch.device
) -> dict[str, float]:
    """Milliseconds to predict one input: `latency_ms`, the median over runs, and `latency_p95_ms`, what 95 % of them
    take at most; in evaluation mode, after some runs that aren't timed.

    From the prepared input, on the device, to the prediction in memory; of a text, reading it is a part of that. It
    depends on the device, on the number of threads, on the input's shape, on torch's version, and on what else runs on
    the machine: figures are comparable within a search, less so between machines.

    Args:
        inputs: Prepared, N of them; the first ones are predicted, one by one.
    """
    each = [DeviceArray(inputs[place : place + 1], device) for place in range(min(RUNS, len(inputs)))]
    # Its result is on the CPU: an accelerator has done its work.
    return timed(lambda place: predict(model, each[place], scaling, task), len(each))


def timed(predict_one: Callable[[int], object], count: int) -> dict[str, float]:
    """What predicting one of `count` inputs takes, see `latencies`."""
    for run in range(WARM_UP):
        predict_one(run % count)
    times: list[float] = []
    while len(times) < RUNS and sum(times) < ENOUGH:
        started = time.perf_counter()
        predict_one(len(times) % count)
        times.append(time.perf_counter() - started)
    return {"latency_ms": 1000 * median(times), "latency_p95_ms": 1000 * float(np.percentile(times, 95))}


def size_mb(model: nn.Module) -> float:
    """10^6 bytes of a model's state, its weights and buffers, as they are saved; and of what its modules say that they
    need beside it, as `bytes_beside`."""
    size: int = sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())
    beside: int = sum(getattr(module, "bytes_beside", 0) for module in model.modules())
    return (size + beside) / 1e6
