"""Opening a database for a study, and writing to it in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import scoped_session, sessionmaker

from automl.config.storage import checked_storage
from automl.errors import UserError

ANSWER = 20.0
"""Seconds that PostgreSQL has to answer in. A server that is frozen, unlike one that is gone, closes no connection."""

_SQLITE = {"timeout": 5}
_POSTGRES = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # ms until a host that doesn't answer counts as gone
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "options": "-c statement_timeout=10s",
}
"""What the drivers are told: nothing waits longer than some seconds."""


def connect(url: str) -> RDBStorage:
    """Opens a database; Optuna's tables are made where it has none.

    Raises:
        UserError: The driver is missing, the database can't be reached or used, or another Optuna made its tables.
    """
    is_postgres = checked_storage(url).startswith("postgresql")
    arguments = _POSTGRES if is_postgres else _SQLITE
    try:
        if is_postgres:
            _limit_waiting()
        # Which driver `postgresql` alone means depends on SQLAlchemy's version.
        storage = RDBStorage(
            url.replace("postgresql:", "postgresql+psycopg2:", 1), {"pool_pre_ping": True, "connect_args": arguments}
        )
    except ImportError as error:
        raise UserError(
            f"The driver for {url} isn't installed: {in_words(error)}.", hint='pip install "automl[postgres]"'
        ) from error
    except RuntimeError as error:
        raise UserError(f"{url} is of another version of Optuna: {in_words(error)}") from error
    except Exception as error:
        ask = "Is the server up, and is its user's password in PGPASSWORD or ~/.pgpass?"
        raise UserError(
            f"The storage {url} can't be used: {in_words(error)}.",
            hint=ask if is_postgres else "It must be a file of Optuna's, or a new one in a folder that is there.",
        ) from error
    if not is_postgres:
        event.listen(storage.engine, "connect", _write_ahead)
        storage.engine.dispose()  # those that were opened without
    return storage


def _limit_waiting() -> None:
    """In the whole process: psycopg2 leaves waiting to what it is given, and has no limit of its own."""
    with suppress(ImportError):  # which is said where it is needed
        from psycopg2.extensions import set_wait_callback

        set_wait_callback(_wait)


def _wait(connection: Any) -> None:
    from psycopg2 import OperationalError
    from psycopg2.extensions import POLL_OK, POLL_READ

    while (state := connection.poll()) != POLL_OK:
        with DefaultSelector() as selector:
            selector.register(connection, EVENT_READ if state == POLL_READ else EVENT_WRITE)
            if not selector.select(ANSWER):
                raise OperationalError(f"no answer for {ANSWER:g} s")


def _write_ahead(connection: Any, _: object) -> None:
    """Others read while a search writes, and a commit doesn't wait for the disk: a power cut may take the last ones."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def transaction(storage: RDBStorage) -> Iterator[None]:
    """Makes one transaction of all that is written in the block: Optuna's own commits join it.

    Raises:
        StorageInternalError: With what failed first as its cause: Optuna tries some things again, on what is broken.
    """
    sessions, failed = storage.scoped_session, list[BaseException]()

    def note(context: Any) -> None:
        failed.append(context.original_exception)

    event.listen(storage.engine, "handle_error", note)
    try:
        with storage.engine.begin() as connection:
            if storage.engine.name == "sqlite":  # which else would find out in the middle that another writes
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            storage.scoped_session = scoped_session(sessionmaker(bind=connection))
            yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise StorageInternalError(str(error)) from (failed[0] if failed else error)
    finally:
        event.remove(storage.engine, "handle_error", note)
        storage.scoped_session.remove()
        storage.scoped_session = sessions


def in_words(error: BaseException) -> str:
    """What the driver said, in one line."""
    cause = error.__cause__ or error
    return " ".join(str(getattr(cause, "orig", None) or cause).split()).rstrip(".")
