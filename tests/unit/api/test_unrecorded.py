"""A search whose store is away at the end keeps what it came to, and isn't over before it is recorded."""

import errno
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from automl.api import conclusion, searches
from automl.api.conclusion import Outcome
from automl.cli.summary import finish
from automl.config import load_experiment
from automl.errors import UserError
from automl.evaluation.interval import Estimate
from automl.registry import Registered
from automl.search.records import TrialRecord
from automl.search.runner import SearchResult

REGISTERED = Registered("images", "1", "champion", "There was no champion.")
AWAY = UserError("Can't write to the MLflow store http://server.", hint="Is it up?")


def outcome(home: Path, **changes: Any) -> Outcome:
    best = TrialRecord(0, {"model": "mlp", "training.lr": 0.1}, "finished", best={"val_accuracy": 0.9}, merit=(0.9, 0))
    result = SearchResult((best,), best, "1 trials done", False)
    keys = {"registered": REGISTERED, "leaderboard": "", "figures": {"accuracy": Estimate(0.8, 0.7, 0.9)}} | changes
    return Outcome("s-1", home, load_experiment(), result, {"accuracy": 0.8}, {"accuracy": 0.1}, **keys)


class Tracker:
    """Fails to flush or to close."""

    def __init__(self, flush: Exception | None = None, close: Exception | None = None) -> None:
        self.failures = {"flush": flush, "close": close}

    def __enter__(self) -> "Tracker":
        return self

    def __exit__(self, *_: object) -> None: ...

    def flush(self) -> None:
        self._fail("flush")

    def close(self, status: str) -> None:
        self._fail("close")

    def _fail(self, where: str) -> None:
        if error := self.failures[where]:
            raise error


def register_with(monkeypatch: pytest.MonkeyPatch, tracker: Tracker, failure: Exception | None = None) -> Any:
    def register(*_: object) -> Registered:
        if failure:
            raise failure
        return REGISTERED

    monkeypatch.setattr(conclusion, "_register", register)
    nothing: Any = None
    used: Any = tracker
    return conclusion._try_to_register(nothing, nothing, used, nothing, nothing, nothing)


def test_a_winner_that_can_not_be_registered_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    assert register_with(monkeypatch, Tracker()) == (REGISTERED, "")
    assert register_with(monkeypatch, Tracker(flush=AWAY)) == (None, AWAY.message)
    broken = ConnectionError("the bucket is away")
    assert register_with(monkeypatch, Tracker(), broken) == (None, "ConnectionError: the bucket is away")


def test_a_full_disk_pauses_the_search_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="No space left"):
        register_with(monkeypatch, Tracker(), full)


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Outcome, list[str]]]:
    """search(tracker, unrecorded="") -> what a search comes to, and what is noted as its end."""

    def run(tracker: Tracker, **changes: Any) -> tuple[Outcome, list[str]]:
        made, ended = outcome(tmp_path, **changes), []
        monkeypatch.setattr(searches, "open_tracker", lambda *_: tracker)
        monkeypatch.setattr(searches, "Recorder", lambda *_: None)
        monkeypatch.setattr(searches, "run_search", lambda *_: made.result)
        monkeypatch.setattr(searches, "conclude", lambda *_: made)
        monkeypatch.setattr(searches, "note_end", lambda _, why, __: ended.append(why))
        plan: Any = SimpleNamespace(folder=tmp_path)
        nothing: Any = None
        return searches._search(plan, nothing, nothing, [], {}), ended

    return run


def test_a_search_is_over_when_all_of_it_is_recorded(search: Callable[..., tuple[Outcome, list[str]]]) -> None:
    found, ended = search(Tracker())
    assert (found.unrecorded, ended) == ("", ["1 trials done"])
    found, ended = search(Tracker(close=AWAY))
    assert (found.unrecorded, ended) == (AWAY.message, [])
    found, ended = search(Tracker(close=AWAY), unrecorded="the first reason", registered=None)
    assert (found.unrecorded, ended) == ("the first reason", [])


def test_the_end_says_what_is_missing_and_the_command_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left:
        finish(outcome(tmp_path, registered=None, unrecorded=AWAY.message))
    said = capsys.readouterr().out
    assert left.value.exit_code == 1
    assert f"Not all of it is in MLflow, and `automl resume` makes up for it: {AWAY.message}" in said
    assert f"automl resume s-1 --home {tmp_path}" in said
    assert "0.8000" in said and "Registered as" not in said, "the test's figures are shown"
