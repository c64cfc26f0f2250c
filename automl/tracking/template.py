"""An empty MLflow database, ready made: MLflow makes its first tables and repeats each change since, for seconds."""

import os
import re
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

SCRIPT = Path(__file__).with_name("empty_store.sql")
"""What makes one: written by `make store`, from what MLflow's own migrations have made."""
_MADE_FROM = re.compile(r"-- Schema (\w+), the last of (\d+) migrations")


def migrations() -> Path | None:
    """The folder of the installed MLflow's migrations."""
    spec = find_spec("mlflow")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "store" / "db_migrations" / "versions"


def has_migration(revision: str) -> bool:
    """Whether the installed MLflow knows a schema; True where that can't be told."""
    folder = migrations()
    return folder is None or any(folder.glob(f"{revision}_*.py"))


def make_database(database: Path) -> None:
    """Makes a database where there is none, whole or not at all.

    Where MLflow has other migrations than ours was made from, it is left to MLflow.
    """
    script = SCRIPT.read_text(encoding="utf-8")
    if database.exists() or not _is_current(script):
        return
    made = database.with_name(f"{database.name}.new")
    made.unlink(missing_ok=True)
    with closing(sqlite3.connect(made)) as connection:
        connection.executescript(script)
    os.replace(made, database)


def _is_current(script: str) -> bool:
    found, folder = _MADE_FROM.match(script), migrations()
    if found is None or folder is None:
        return False
    return has_migration(found[1]) and sum(1 for _ in folder.glob("[0-9a-f]*_*.py")) == int(found[2])
