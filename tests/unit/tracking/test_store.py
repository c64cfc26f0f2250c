import socket
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from automl.errors import UserError
from automl.tracking import Store, environment, open_store


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def write_revision(home: Path, revision: str) -> None:
    with closing(sqlite3.connect(home / "mlflow.db")) as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES (?)", [revision])
        database.commit()


def test_runs_and_files_are_kept_in_the_home_folder(tmp_path: Path) -> None:
    store = open_store(tmp_path / "new" / "home")
    assert store.home.is_dir()
    assert store.database == tmp_path / "new" / "home" / "mlflow.db"
    assert store.artifact_location == (tmp_path / "new" / "home" / "artifacts").as_uri()


def test_a_relative_home_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_store(Path("runs")).home == tmp_path / "runs"


def test_a_tracking_server_wins_and_decides_where_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever it answers (here: that there is no such page), it is there.
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        store = open_store(tmp_path)
    assert (store.tracking_uri, store.artifact_location, store.database) == (address, None, None)


def test_a_server_that_is_not_there_is_named_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(UserError, match=r"http://127\.0\.0\.1:9") as refused:
        open_store(tmp_path)
    assert "MLFLOW_TRACKING_URI" in str(refused.value.hint)


def test_a_server_that_accepts_and_never_answers_is_named_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automl.tracking.store._ANSWER", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        with pytest.raises(UserError, match=f"{address}: timed out"):
            open_store(tmp_path)


def test_another_database_keeps_its_files_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'other.db'}")
    store = open_store(tmp_path / "home")
    assert store.database == tmp_path / "other.db"
    assert store.artifact_location == (tmp_path / "home" / "artifacts").as_uri()


def test_telemetry_is_off_but_a_users_own_setting_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "INFO")
    settings = environment(open_store(tmp_path))
    assert settings["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert settings["MLFLOW_LOGGING_LEVEL"] == "INFO"


def test_a_child_process_is_given_the_store(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    settings = environment(store)
    assert settings["MLFLOW_BACKEND_STORE_URI"] == settings["MLFLOW_TRACKING_URI"] == store.tracking_uri
    assert settings["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == store.artifact_location
    assert "PATH" in settings


def test_a_password_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:secret@127.0.0.1:9")
    with pytest.raises(UserError, match="password") as refused:
        open_store(tmp_path)
    assert "secret" not in refused.value.message and "MLFLOW_TRACKING_PASSWORD" in str(refused.value.hint)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://ann:secret@host/runs")
    store = open_store(tmp_path)
    assert store.tracking_uri == "postgresql://ann:secret@host/runs"
    assert store.shown == "postgresql://ann:***@host/runs"
    assert Store("sqlite:////a:b@c/runs.db", None, tmp_path).shown == "sqlite:////a:b@c/runs.db"


def test_a_database_of_a_newer_mlflow_is_refused_with_a_way_on(tmp_path: Path) -> None:
    write_revision(tmp_path, "ffffffffffff")
    with pytest.raises(UserError, match="newer MLflow") as caught:
        open_store(tmp_path)
    assert caught.value.hint is not None
    assert "pip install --upgrade mlflow" in caught.value.hint


def test_a_database_of_this_mlflow_is_opened(tmp_path: Path) -> None:
    write_revision(tmp_path, "451aebb31d03")  # One of MLflow's first migrations.
    assert open_store(tmp_path).database == tmp_path / "mlflow.db"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database " * 100)
    with pytest.raises(UserError, match="damaged"):
        open_store(tmp_path)


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(UserError, match="Can't write"):
        open_store(tmp_path / "home")
