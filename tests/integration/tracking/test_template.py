"""A new store is what MLflow's own migrations would have made of it."""

from pathlib import Path

import pytest
from migrated import migrated

from automl.tracking import open_store, template

pytestmark = pytest.mark.integration


def statements(script: str) -> list[list[str]]:
    """Those of a script by their lines, in an order of their own: MLflow's migrations make indexes and constraints in
    any."""
    return sorted(sorted(line.strip(" ,\t") for line in text.splitlines()) for text in script.split(";\n"))


def test_the_store_that_is_shipped_is_what_mlflow_makes() -> None:
    shipped = template.SCRIPT.read_text(encoding="utf-8")
    assert statements(shipped) == statements(migrated()), "`make store` mends it"


def test_where_mlflow_has_other_migrations_it_makes_the_store_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "empty_store.sql"
    older.write_text(template.SCRIPT.read_text(encoding="utf-8").replace("the last of ", "the last of 9", 1))
    monkeypatch.setattr(template, "SCRIPT", older)
    store = open_store(tmp_path / "home")
    assert store.database is not None
    template.make_database(store.database)
    assert not store.database.exists()
    assert [experiment.name for experiment in store.client().search_experiments()] == ["Default"]
