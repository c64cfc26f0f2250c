"""A folder of results that can't be written, or is of another version, stays as it is."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Search = Callable[..., Any]


@pytest.mark.parametrize("below", ["", "runs"])
def test_an_unwritable_out(search: Search, tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("content")
    out = tmp_path / "file" / below
    ran = search(out=out)
    assert ran.code == 2
    assert f"Error: The folder {out} can't be written" in ran.err and "--out" in ran.err
    assert (tmp_path / "file").read_text() == "content"


def test_a_home_of_a_newer_version(search: Search, home: Path) -> None:
    home.mkdir()
    (home / "automl.json").write_text(json.dumps({"format": 99}))
    ran = search()
    assert ran.code == 2
    assert "made by a newer version of automl (format 99" in ran.err and "Update automl" in ran.err
    assert [path.name for path in home.iterdir()] == ["automl.json"]


def make_store(home: Path, revision: str) -> bytes:
    home.mkdir()
    with closing(sqlite3.connect(home / "mlflow.db")) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        database.commit()
    return (home / "mlflow.db").read_bytes()


def test_a_store_of_a_newer_mlflow(search: Search, home: Path) -> None:
    before = make_store(home, "fffffffffff0")
    ran = search()
    assert ran.code == 2
    assert "written by a newer MLflow than the installed one (its schema is fffffffffff0)" in " ".join(ran.err.split())
    assert "pip install --upgrade mlflow" in ran.err
    assert (home / "mlflow.db").read_bytes() == before
    assert not (home / "searches").exists()


def test_a_store_that_is_damaged(search: Search, home: Path) -> None:
    home.mkdir()
    (home / "mlflow.db").write_bytes(b"this is no database" * 100)
    ran = search()
    assert ran.code == 2
    assert "is no MLflow database, or it is damaged" in " ".join(ran.err.split())
    assert not (home / "searches").exists()
