import threading

import pytest

from automl.tracking.outbox import Outbox
from automl.tracking.update import RunUpdate


class Post:
    """Where an outbox delivers to; refuses the runs in `refused`, all while `away`."""

    def __init__(self) -> None:
        self.away = False
        self.refused: set[int] = set()
        self.written: list[tuple[int, dict[str, str]]] = []
        self.tried = 0

    def prepare(self) -> None:
        if self.away:
            raise ConnectionError("away")

    def write(self, number: int, update: RunUpdate) -> None:
        self.tried += 1
        if number in self.refused:
            raise ValueError(f"refused {number}")
        self.written.append((number, dict(update.tags)))


def tag(**tags: str) -> RunUpdate:
    return RunUpdate(tags=tags)


def opened(post: Post) -> Outbox:
    outbox = Outbox(post.prepare, post.write)
    outbox.start()
    return outbox


def test_what_is_posted_before_the_start_is_delivered_in_order_one_write_per_run() -> None:
    post = Post()
    outbox = Outbox(post.prepare, post.write)
    for number, update in ((0, tag(a="1")), (1, tag(b="2")), (0, tag(c="3"))):
        outbox.post(number, update)
    outbox.start()
    outbox.close()
    assert post.written == [(0, {"a": "1", "c": "3"}), (1, {"b": "2"})]


def test_a_store_that_is_away_loses_nothing() -> None:
    post = Post()
    post.away = True
    outbox = opened(post)
    outbox.post(0, tag(a="1"))
    outbox.flush()
    assert isinstance(outbox.error, ConnectionError)
    outbox.post(0, tag(b="2"))
    post.away = False
    outbox.flush()
    assert outbox.error is None
    assert post.written == [(0, {"a": "1", "b": "2"})]
    outbox.close()


def test_one_refused_run_does_not_hold_up_the_others() -> None:
    post = Post()
    post.refused = {0}
    outbox = opened(post)
    for number in range(3):
        outbox.post(number, tag(n=str(number)))
    outbox.close()
    assert [number for number, _ in post.written] == [1, 2]
    assert str(outbox.error) == "refused 0"


def test_several_refusals_end_a_delivery_and_the_next_begins_with_the_others() -> None:
    post = Post()
    post.refused = {0, 1, 2}
    outbox = Outbox(post.prepare, post.write)
    for number in range(4):
        outbox.post(number, tag())
    outbox.start()
    outbox.flush()
    outbox.close()
    assert (3, {}) in post.written


def test_the_one_who_posts_never_waits_for_a_write() -> None:
    entered, release = threading.Event(), threading.Event()

    def write(_: int, __: RunUpdate) -> None:
        entered.set()
        release.wait(60)

    outbox = Outbox(lambda: None, write)
    outbox.post(0, tag())
    outbox.start()
    assert entered.wait(60)
    outbox.post(0, tag())  # Would hang here.
    release.set()
    outbox.close()
    assert outbox.error is None


def test_that_the_store_is_away_and_that_it_is_back_is_told_once() -> None:
    post, told = Post(), []
    outbox = Outbox(post.prepare, post.write, tell=lambda error: told.append(str(error)))
    outbox.start()
    for post.away in (False, True, True, False, False, True):
        outbox.post(0, tag())
        outbox.flush()
    assert told == ["away", "None", "away"]
    outbox.close()


def test_while_the_store_is_away_complete_runs_are_dropped_that_can_be_posted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("automl.tracking.outbox.KEPT", 3)
    post = Post()
    post.away = True
    outbox = Outbox(post.prepare, post.write, may_drop=lambda number: number != 1)
    outbox.start()
    outbox.flush()
    for number in range(6):
        outbox.post(number, RunUpdate(tags={"n": str(number)}, ended=("FINISHED", 0)))
    outbox.post(6, tag())
    outbox.flush()
    assert outbox.take_dropped() == [], "not before it is back"
    post.away = False
    outbox.flush()
    assert [number for number, _ in post.written] == [1, 5, 6]
    assert outbox.take_dropped() == [0, 2, 3] and outbox.take_dropped() == [4], "as many as are kept at a time"
    outbox.close()


def test_the_end_does_not_wait_for_ever_for_a_store_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automl.tracking.outbox.PATIENCE", 0.05)
    release = threading.Event()
    outbox = Outbox(lambda: None, lambda *_: release.wait(60) and None)
    outbox.post(0, tag())
    outbox.flush()
    assert str(outbox.error) == "no answer for 0 s"
    outbox.close()
    release.set()


def test_the_end_waits_for_a_store_that_is_only_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automl.tracking.outbox.PATIENCE", 0.5)
    written = []

    def write(number: int, _: RunUpdate) -> None:
        threading.Event().wait(0.05)
        written.append(number)

    outbox = Outbox(lambda: None, write)
    for number in range(20):  # a second in all
        outbox.post(number, tag())
    outbox.close()
    assert written == list(range(20)) and outbox.error is None


def test_an_outbox_never_started_closes_at_once() -> None:
    Outbox(lambda: None, lambda _, __: None).close()
