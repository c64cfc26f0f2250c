"""Requests that wait while the model is busy are predicted together; one that finds it free doesn't wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.serving.server.problems import Problem
from automl.serving.server.reader import Unreadable

if TYPE_CHECKING:
    from automl.serving.server.live import Loaded
    from automl.training.entities import Entity


@dataclass(frozen=True)
class Predicted:
    """Of one request.

    Args:
        outputs: See `TrainedModel.predict`.
        chosen: Of a classification, the class decided for in each row.
        unreadable: Cells of its inputs that counted as missing.
        entities: Where words have classes, what was found in each input; the others are empty then.
    """

    outputs: np.ndarray
    chosen: list[str] | None
    unreadable: list[Unreadable]
    entities: list[list[Entity]] | None = None


@dataclass(eq=False)
class _Waiting:
    loaded: Loaded
    inputs: Sequence[Any]
    answer: asyncio.Future[Predicted] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Batcher:
    """One thread predicts: torch uses all cores for a batch.

    Args:
        most: Inputs of a batch, where no single request has more.
        waiting: Inputs that may wait.
        watch: Is told how many inputs each batch has.
    """

    def __init__(self, most: int, waiting: int, watch: Callable[[int], None]) -> None:
        self._most = most
        self._limit = waiting
        self._watch = watch
        self._queue: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, "predict")
        self._worker: asyncio.Task[None] | None = None

    async def predict(self, loaded: Loaded, inputs: Sequence[Any]) -> Predicted:
        """
        Raises:
            Problem: Too many wait.
        """
        if sum(len(waiting.inputs) for waiting in self._queue) + len(inputs) > self._limit:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests wait.", {"Retry-After": "1"})
        waiting = _Waiting(loaded, inputs)
        self._queue.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await waiting.answer

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            batch = self._next()
            if not batch:
                continue
            self._watch(sum(len(waiting.inputs) for waiting in batch))
            results = await loop.run_in_executor(self._thread, _predict, batch)
            for waiting, result in zip(batch, results, strict=True):
                if waiting.answer.done():  # whoever asked has gone
                    continue
                if isinstance(result, Exception):
                    waiting.answer.set_exception(result)
                else:
                    waiting.answer.set_result(result)

    def _next(self) -> list[_Waiting]:
        """Those who wait for one model, the longest first, as many as a batch may have."""
        batch: list[_Waiting] = []
        count = 0
        while self._queue:
            waiting = self._queue[0]
            if batch and (count + len(waiting.inputs) > self._most or waiting.loaded is not batch[0].loaded):
                break
            self._queue.popleft()
            if not waiting.answer.done():
                batch.append(waiting)
                count += len(waiting.inputs)
        return batch


def _predict(batch: list[_Waiting]) -> list[Predicted | Exception]:
    """What went wrong with one request spoils no other's answer."""
    try:
        return list(_together(batch))
    except Exception as error:
        if len(batch) == 1:
            return [error]
        return [result for waiting in batch for result in _predict([waiting])]


def _entities(batch: list[_Waiting]) -> list[Predicted]:
    model = batch[0].loaded.model
    inputs = [one for waiting in batch for one in waiting.inputs]
    found = iter(model.entities([text for one in inputs for text in one.values()]))
    nothing = np.zeros((0, model.task.num_outputs), np.float32)
    return [Predicted(nothing, None, [], list(islice(found, len(waiting.inputs)))) for waiting in batch]


def _together(batch: list[_Waiting]) -> list[Predicted]:
    loaded = batch[0].loaded
    if loaded.model.task.is_per_word:
        return _entities(batch)
    rows, unreadable = loaded.reader.prepare([one for waiting in batch for one in waiting.inputs])
    is_classification = loaded.model.task.is_classification
    outputs, chosen = loaded.model.answer(rows) if is_classification else (loaded.model.predict(rows), None)
    owners = [number for number, waiting in enumerate(batch) for _ in waiting.inputs]
    cells = {number: list(own) for number, own in groupby(sorted(unreadable), key=lambda cell: owners[cell.input])}
    found, start = [], 0
    for number, waiting in enumerate(batch):
        end = start + len(waiting.inputs)
        own = [Unreadable(place - start, column) for place, column in cells.get(number, [])]
        found.append(Predicted(outputs[start:end], None if chosen is None else chosen[start:end].tolist(), own))
        start = end
    return found
