"""A study in a database: whole, by itself, and in step with it again after it was away."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import OperationalError

from automl.errors import Notice, UserError
from automl.search import connection, database
from automl.search.connection import connect, transaction
from automl.search.database import WAIT_AT_MOST, DatabaseStorage
from automl.search.simulation import VirtualClock
from automl.search.storage import PATIENCE


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'study.db'}"
    server = request.getfixturevalue("postgres")
    return str(server.url)


@pytest.fixture
def name(tmp_path: Path) -> str:
    return tmp_path.name


def study_in(storage: DatabaseStorage) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.load_study(study_name=None, storage=storage.memory)


def content(trial: FrozenTrial) -> tuple[Any, ...]:
    kept = trial.params, trial.distributions, trial.intermediate_values, trial.user_attrs, trial.constraints
    return trial.number, trial.state, trial.values, *kept


def in_database(url: str, name: str) -> list[tuple[Any, ...]]:
    return [content(trial) for trial in optuna.load_study(study_name=name, storage=connect(url)).get_trials()]


def fill(study: optuna.Study, save: Callable[[], bool]) -> None:
    """Trials in each state that a search leaves them in, saved now and then."""
    study.set_user_attr("first", [{"model": "mlp"}])
    study.enqueue_trial({"lr": 0.3}, {"place": 1})
    for value in (0.5, 0.7):
        trial = study.ask()
        trial.suggest_float("lr", 0.001, 1.0, log=True)
        assert save()
        trial.suggest_categorical("on", [False, True])
        trial.set_user_attr("configuration", {"lr": value, "on": None})
        trial.report(value / 2, 1)
        assert save()
        trial.report(value / 3, 2)
        trial.set_user_attr("record", {"epoch": 2})
        trial.set_constraint("size", -1.0)
        study.tell(trial, value)
    stopped = study.ask()
    stopped.report(0.1, 1)
    study.tell(stopped, state=TrialState.PRUNED)
    study.ask()
    study.enqueue_trial({"lr": 0.2})


def test_a_study_that_is_opened_again_is_the_same_and_optuna_reads_it(url: str, name: str) -> None:
    storage = DatabaseStorage(connect(url), name, ["maximize"])
    fill(study_in(storage), storage.save)
    assert storage.save() and storage.save()
    expected = [content(trial) for trial in study_in(storage).get_trials()]
    assert [state.name for _, state, *_ in expected] == ["COMPLETE", "COMPLETE", "PRUNED", "RUNNING", "WAITING"]
    assert in_database(url, name) == expected
    again = DatabaseStorage(connect(url), name, ["maximize"])
    assert [content(trial) for trial in study_in(again).get_trials()] == expected
    assert study_in(again).user_attrs == {"first": [{"model": "mlp"}]}
    trial = study_in(again).ask()
    assert trial.number == 4, "what was enqueued is asked for"
    study_in(again).tell(trial, 0.1)
    assert again.save() and in_database(url, name)[4][1:3] == (TrialState.COMPLETE, [0.1])


def test_searches_in_one_database_do_not_mix(url: str, name: str) -> None:
    one, other = (DatabaseStorage(connect(url), f"{name}-{suffix}", ["maximize"]) for suffix in "ab")
    study_in(one).ask()
    study_in(other).tell(study_in(other).ask(), 0.5)
    study_in(one).ask()
    assert one.save() and other.save()
    assert [len(in_database(url, f"{name}-{suffix}")) for suffix in "ab"] == [2, 1]


def test_trials_of_another_program_are_not_taken_for_the_search_s(url: str, name: str) -> None:
    storage = DatabaseStorage(connect(url), name, ["maximize"])
    study_in(storage).ask()
    assert storage.save()
    optuna.load_study(study_name=name, storage=connect(url)).ask()
    study_in(storage).ask()
    with pytest.raises(UserError, match=f"Another program has added trials to the study {name}"):
        storage.save()


class Line:
    """Between a storage and its database: cut before a transaction, or only before the answer to it."""

    def __init__(self) -> None:
        self.cut = ""
        self.tried = 0

    @contextmanager
    def transaction(self, storage: Any) -> Iterator[None]:
        self.tried += 1
        if self.cut == "before":
            raise OperationalError("BEGIN", {}, Exception("connection refused"))
        with transaction(storage):
            yield
        if self.cut == "after":
            raise OperationalError("COMMIT", {}, Exception("connection lost"))


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    made = Line()
    monkeypatch.setattr(database, "transaction", made.transaction)
    return made


@pytest.mark.parametrize("cut", ["before", "after"])
def test_after_the_database_was_away_nothing_is_missing_or_twice(
    tmp_path: Path, name: str, line: Line, cut: str
) -> None:
    url, clock = f"sqlite:///{tmp_path / 'study.db'}", VirtualClock()
    storage = DatabaseStorage(connect(url), name, ["maximize"], clock=clock)
    study = study_in(storage)
    begun = study.ask()
    assert storage.save()
    line.cut = cut
    begun.report(0.1, 1)
    new = study.ask()
    with pytest.warns(Notice, match=r"the study.s storage sqlite.* is away .connection (refused|lost)"):
        assert not storage.save()
    begun.report(0.2, 2)
    study.tell(begun, 0.2)
    new.set_user_attr("configuration", {"model": "mlp"})
    line.cut = ""
    clock.now += 1.0
    with pytest.warns(Notice, match="is back, and has everything"):
        assert storage.save()
    assert in_database(url, name) == [content(trial) for trial in study.get_trials()]
    assert [curve for *_, curve, _, _ in in_database(url, name)] == [{1: 0.1, 2: 0.2}, {}]


def test_a_database_that_is_away_is_tried_less_and_less_often_and_lost_in_the_end(tmp_path: Path, line: Line) -> None:
    clock = VirtualClock()
    storage = DatabaseStorage(connect(f"sqlite:///{tmp_path / 'study.db'}"), "s", ["maximize"], clock=clock)
    study_in(storage).ask()
    line.cut = "before"
    tries, lost = [], []

    def wait() -> None:
        while clock.now < PATIENCE + 1:
            tried = line.tried
            assert not storage.save()
            tries.extend([clock.now] * (line.tried - tried))
            lost.extend([clock.now] * storage.is_lost)
            clock.now += 0.5

    with pytest.warns(Notice) as said:
        wait()
    assert tries[:7] == [0, 1, 3, 7, 15, 31, 61]
    assert {after - before for before, after in pairwise(tries[6:])} == {WAIT_AT_MOST}
    assert lost == [PATIENCE, PATIENCE + 0.5]
    assert len(said) == 1, "it is said once"


def test_what_failed_first_is_said_though_optuna_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    storage = DatabaseStorage(connect(f"sqlite:///{tmp_path / 'study.db'}"), "s", ["maximize"])
    study_in(storage).ask()
    with sqlite3.connect(tmp_path / "study.db") as file:
        file.execute("ALTER TABLE trials RENAME TO lost")
    with pytest.warns(Notice, match=r"is away \(no such table: trials\)"):
        assert not storage.save()
    with sqlite3.connect(tmp_path / "study.db") as file:
        file.execute("ALTER TABLE lost RENAME TO trials")
    storage._next_try = 0.0
    with pytest.warns(Notice, match="is back"):
        assert storage.save()


def test_sqlite_is_read_while_a_search_writes(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    storage = DatabaseStorage(connect(f"sqlite:///{path}"), "s", ["maximize"])
    study_in(storage).ask()
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM trials").fetchone() == (0,)
    assert storage.save()
    assert reader.execute("SELECT count(*) FROM trials").fetchone() == (0,), "as when it began to read"


@pytest.mark.parametrize(
    ("url", "said", "hint"),
    [
        ("sqlite:////no/such/folder/study.db", "unable to open database file", "a new one in a folder that is there"),
        ("postgresql://nobody@/x?host=/no/such/socket", "No such file or directory", "PGPASSWORD"),
        ("postgresql+nodriver://nobody@/x", "nodriver", ""),
    ],
)
def test_a_database_that_can_not_be_used_is_refused(url: str, said: str, hint: str) -> None:
    with pytest.raises(UserError) as refused:
        connect(url)
    assert said in refused.value.message and url in refused.value.message
    assert hint in str(refused.value.hint)


def test_a_server_that_accepts_and_never_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg2", reason="psycopg2 isn't installed")
    monkeypatch.setattr(connection, "ANSWER", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UserError, match=r"no answer for 0\.1 s"):
        connect(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/x")


def test_a_missing_driver_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg2", None)
    with pytest.raises(UserError, match="The driver for postgresql://me@server/db isn't installed") as refused:
        connect("postgresql://me@server/db")
    assert refused.value.hint == 'pip install "automl[postgres]"'


def test_a_database_of_another_version_of_optuna_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    connect(url).engine.dispose()
    with sqlite3.connect(tmp_path / "study.db") as file:
        file.execute("UPDATE version_info SET schema_version = 99")
        file.execute("UPDATE alembic_version SET version_num = 'v9.9.9'")
    with pytest.raises(UserError, match="another version of Optuna"):
        connect(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("no database" * 100)
    with pytest.raises(UserError, match="file is not a database"):
        connect(f"sqlite:///{tmp_path / 'study.db'}")
