"""Requests that wait are predicted together."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from automl.serving.server.batching import Batcher
from automl.serving.server.problems import Problem

from .conftest import Shouting

LiveTexts = Callable[..., Any]


class Held:
    """Keeps the model busy with its first batch until it is let go."""

    def __init__(self, model: Any) -> None:
        self.go, self.busy, self._predict = threading.Event(), threading.Event(), model.predict
        model.predict = self

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        self.busy.set()
        assert self.go.wait(10)
        predicted: np.ndarray = self._predict(rows)
        return predicted


def texts(*given: str) -> list[dict[str, str]]:
    return [{"text": text} for text in given]


async def while_busy(live: Any, batcher: Batcher, *requests: list[dict[str, str]]) -> list[Any]:
    """Answers of requests that came while the model predicted another one."""
    held = Held(live.current.model)
    first = asyncio.create_task(batcher.predict(live.current, texts("first")))
    await asyncio.to_thread(held.busy.wait, 10)
    rest = [asyncio.create_task(batcher.predict(live.current, inputs)) for inputs in requests]
    await asyncio.sleep(0)
    held.go.set()
    return (await asyncio.gather(first, *rest, return_exceptions=True))[1:]


def test_those_who_wait_get_their_own_answers_from_one_batch(live_texts: LiveTexts) -> None:
    live = live_texts()
    batcher = Batcher(8, 100, lambda _: None)
    found = asyncio.run(while_busy(live, batcher, texts("a"), texts("b!!!!", "c!!"), texts("d!")))
    assert [answer.outputs[:, 1].tolist() for answer in found] == [[0.0], [1.0, 0.5], [0.25]]
    assert live.current.model.batches == [1, 4]


def test_a_batch_has_no_more_than_it_may(live_texts: LiveTexts) -> None:
    live = live_texts()
    batcher = Batcher(2, 100, lambda _: None)
    asyncio.run(while_busy(live, batcher, texts("a"), texts("b"), texts("c", "d", "e")))
    assert live.current.model.batches == [1, 2, 3]


def test_one_request_that_fails_spoils_no_other(live_texts: LiveTexts) -> None:
    batcher = Batcher(8, 100, lambda _: None)
    found = asyncio.run(while_busy(live_texts(), batcher, texts("a"), texts(Shouting.fails_at), texts("b!!!!")))
    assert isinstance(found[1], RuntimeError)
    assert [found[0].outputs[0, 1], found[2].outputs[0, 1]] == [0, 1]


def test_more_than_may_wait_are_turned_away(live_texts: LiveTexts) -> None:
    batcher = Batcher(8, 2, lambda _: None)
    found = asyncio.run(while_busy(live_texts(), batcher, texts("a", "b"), texts("c")))
    assert isinstance(found[1], Problem) and found[1].status == 503


def test_who_has_gone_is_not_predicted_for(live_texts: LiveTexts) -> None:
    live = live_texts()
    batcher = Batcher(8, 100, lambda _: None)

    async def leave() -> None:
        held = Held(live.current.model)
        first = asyncio.create_task(batcher.predict(live.current, texts("first")))
        await asyncio.to_thread(held.busy.wait, 10)
        gone = asyncio.create_task(batcher.predict(live.current, texts("a", "b", "c")))
        stays = asyncio.create_task(batcher.predict(live.current, texts("d")))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        held.go.set()
        await asyncio.gather(first, stays)

    asyncio.run(leave())
    assert live.current.model.batches == [1, 1]
