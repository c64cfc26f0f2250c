"""Where runs and models are kept: one MLflow store, opened the same way by everything that needs it."""

import fcntl
import os
import re
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.errors import UserError
from automl.tracking.template import has_migration, make_database

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Must be set before mlflow is imported. A user's own setting wins.
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",  # alembic's too
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ENABLE_AI_GATEWAY": "false",
    "MLFLOW_MODEL_CATALOG_URI": "",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # A server that is away, or doesn't answer, is said after a minute at most; the writer tries again anyway.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
TRACKING_URI = "MLFLOW_TRACKING_URI"
_SQLITE = "sqlite:///"
_PASSWORD = re.compile(r"(://[^/:@]*):[^/@]*@")
_ANSWER = 10.0  # seconds that a server has to say that it is there


@dataclass(frozen=True)
class Store:
    """An MLflow store.

    Args:
        tracking_uri: What MLflow connects to.
        artifact_location: URI of the folder that new experiments keep files in; None: the server decides.
        home: Absolute path of the folder of everything that searches write.
    """

    tracking_uri: str
    artifact_location: str | None
    home: Path

    @property
    def shown(self) -> str:
        """The URI as people and logs may see it: without the password of a database."""
        return _PASSWORD.sub(r"\1:***@", self.tracking_uri)

    @property
    def is_server(self) -> bool:
        """Whether it is reached by HTTP."""
        return self.tracking_uri.startswith(("http://", "https://"))

    @property
    def is_own(self) -> bool:
        """Whether it is the database in `home`, which nobody else writes to."""
        return self.database is not None and self.database.parent == self.home

    @property
    def database(self) -> Path | None:
        """The database's file; None where the store is a server."""
        is_file = self.tracking_uri.startswith(_SQLITE)
        return Path(self.tracking_uri.removeprefix(_SQLITE)) if is_file else None

    def client(self) -> "MlflowClient":
        """Connects, creating the database on the first use. The first call imports mlflow (4 to 8 s).

        Raises:
            UserError: The store can't be reached or read, or was made by another version of MLflow.
        """
        import mlflow

        # Resolving models:/ URIs goes through the global URI, whatever the client's own one is. MLflow also writes it
        # into the environment, where the next search of this process would take it for the user's wish.
        given = os.environ.get(TRACKING_URI)
        mlflow.set_tracking_uri(self.tracking_uri)
        if given is None:
            os.environ.pop(TRACKING_URI, None)
        try:
            with self.lock("store"):  # Two processes that create one database at once break each other's migrations.
                if self.database is not None:
                    if self.is_own:
                        make_database(self.database)
                    _write_ahead(self.database)
                    _write_behind(self.database)
                client = mlflow.MlflowClient(self.tracking_uri)
                client.search_experiments(max_results=1)
        except Exception as error:
            raise _unusable(self, error) from error
        return client

    @contextmanager
    def usable(self) -> Iterator[None]:
        """Turns what MLflow raises within the block into a UserError."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            raise _unusable(self, error) from error

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Keeps other processes that use this home out until the block ends."""
        folder = self.home / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def open_store(home: Path) -> Store:
    """The store that $MLFLOW_TRACKING_URI names, else a database in `home`. Imports no mlflow: cheap.

    Raises:
        UserError: `home` can't be written; the database is no MLflow database, or a newer MLflow made it.
    """
    for key, value in _SETTINGS.items():
        os.environ.setdefault(key, value)
    home = home.expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Can't write to the folder {home}: {error.strerror}.", hint="Choose another folder.") from None
    uri = os.environ.get(TRACKING_URI) or f"{_SQLITE}{home / 'mlflow.db'}"
    # A server keeps files where it was told to. A bare database has no say: MLflow would fill ./mlruns.
    is_server = uri.startswith(("http://", "https://", "databricks"))
    store = Store(uri, None if is_server else (home / "artifacts").as_uri(), home)
    if store.database is not None and store.database.exists():
        _check_database(store.database)
    if store.is_server:
        if store.shown != uri:
            raise UserError(
                f"A password in MLFLOW_TRACKING_URI, {store.shown}, would be shown to others.",
                hint="Leave it out there: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are for it.",
            )
        _check_server(store)
    return store


def environment(store: Store) -> dict[str, str]:
    """What a child process (`mlflow ui`, `mlflow server`) needs in its environment to show this store."""
    own = {key: os.environ.get(key, value) for key, value in _SETTINGS.items()}
    own |= {"MLFLOW_TRACKING_URI": store.tracking_uri, "MLFLOW_BACKEND_STORE_URI": store.tracking_uri}
    if store.artifact_location is not None:
        own["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = store.artifact_location
    return os.environ | own


def _check_server(store: Store) -> None:
    """Finds before a search what would otherwise be found after it. Any answer will do: it may ask who we are."""
    try:
        with urllib.request.urlopen(f"{store.tracking_uri.rstrip('/')}/health", timeout=_ANSWER):
            pass
    except urllib.error.HTTPError:
        pass
    except OSError as error:
        raise _unusable(store, error) from error


def _write_ahead(database: Path) -> None:
    """Lets the user interface read while a search writes. The mode stays with the file."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


@cache
def _write_behind(database: Path) -> None:
    """Keeps MLflow from waiting for the disk at each of its transactions, several a trial.

    A kill loses nothing; what a power cut may take of a search that runs, its study gives back when it is resumed.
    """
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        is_sqlite = isinstance(connection, sqlite3.Connection)
        if is_sqlite and any(file == str(database) for *_, file in connection.execute("PRAGMA database_list")):
            connection.execute("PRAGMA synchronous=NORMAL")


def _check_database(database: Path) -> None:
    """Finds in milliseconds what MLflow would say after seconds, and less clearly."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:  # No such table: an empty database, which MLflow will fill.
        return
    except sqlite3.DatabaseError as error:
        raise _damaged(database, error) from None
    if row is not None and not has_migration(row[0]):
        raise UserError(
            f"{database} was written by a newer MLflow than the installed one (its schema is {row[0]}).",
            hint="Upgrade with `pip install --upgrade mlflow`, or choose another folder for this search.",
        )


def _damaged(database: Path, error: Exception) -> UserError:
    return UserError(
        f"{database} is no MLflow database, or it is damaged: {error}.",
        hint="Move the file away, or choose another folder: a new database is made on the next start.",
    )


def _unusable(store: Store, error: Exception) -> UserError:
    if isinstance(error, UserError):
        return error
    text = str(error)
    if "out-of-date database schema" in text:
        return UserError(
            f"{store.shown} was written by an older MLflow, and its tables must be brought up to date.",
            hint=f"Copy it to a safe place, then run `mlflow db upgrade {store.shown}`.",
        )
    if store.database is not None and ("not a database" in text or "malformed" in text):
        return _damaged(store.database, error)
    if store.is_server and re.search(r"\b40[13]\b", text):
        return UserError(
            f"The MLflow server {store.shown} doesn't let us in: {text.splitlines()[0]}",
            hint="Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
        )
    return UserError(
        f"Can't open the MLflow store {store.shown}: {text.splitlines()[0] if text else repr(error)}",
        hint="MLFLOW_TRACKING_URI is the address of an MLflow server, or sqlite:////absolute/path.db. "
        "Unset it to keep runs in a database in the folder of the searches.",
    )
