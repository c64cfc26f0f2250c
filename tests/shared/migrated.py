"""What MLflow's own migrations make of an empty database.

python tests/shared/migrated.py    (writes automl/tracking/empty_store.sql)
"""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from automl.tracking import open_store
from automl.tracking.template import SCRIPT, migrations


def migrated() -> str:
    """The statements that make such a database."""
    with tempfile.TemporaryDirectory() as folder:
        open_store(Path(folder))  # for MLflow's settings, before it is imported
        from mlflow.store.db.utils import _initialize_tables
        from sqlalchemy import create_engine

        engine = create_engine(f"sqlite:///{folder}/store.db")
        _initialize_tables(engine)
        engine.dispose()
        with closing(sqlite3.connect(f"{folder}/store.db")) as database:
            (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            statements = "\n".join(database.iterdump())
    folder_of_them = migrations()
    assert folder_of_them is not None
    count = sum(1 for _ in folder_of_them.glob("[0-9a-f]*_*.py"))
    return f"-- Schema {revision}, the last of {count} migrations of MLflow. Made by `make store`.\n{statements}\n"


if __name__ == "__main__":
    SCRIPT.write_text(migrated(), encoding="utf-8")
    print(f"{SCRIPT}: {SCRIPT.stat().st_size / 1000:.0f} kB")
