import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from automl.tracking import Store, open_store


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: the migrations take seconds."""
    store = open_store(tmp_path_factory.mktemp("template"))
    store.client()
    assert store.database is not None
    return store.database


@pytest.fixture
def store(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = tmp_path / "automl runs"  # The blank is on purpose.
    home.mkdir()
    # Not the file alone: the latest changes may still be in the log beside it.
    with closing(sqlite3.connect(empty_database)) as made, closing(sqlite3.connect(home / "mlflow.db")) as own:
        made.backup(own)
    return open_store(home)
