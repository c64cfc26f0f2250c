"""Searches by the Python API."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

import automl
from automl.tracking import open_store

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("module", ["automl.api", "automl.search", "automl.cli.search"])
def test_the_function_is_there_whatever_was_imported_before(module: str) -> None:
    """A package of the function's name is part of the engine."""
    program = f"import automl, {module}; assert automl.search.__module__ == 'automl', automl.search"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


def test_searches_in_two_folders_have_stores_of_their_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        store = open_store(tmp_path / name)
        assert store.database == tmp_path / name / "mlflow.db"
        store.client()


def test_a_time_budget_ends_a_search(
    tmp_path: Path, write_images: Callable[..., Path], without_ray: Callable[[], AbstractContextManager[None]]
) -> None:
    with without_ray():
        outcome = automl.search(
            write_images(tmp_path / "images", {"dark": 30, "light": 30}),
            out=tmp_path / "runs",
            say=lambda line: None,
            time_budget="3s",
            space={"model": "mlp", "training.epochs": 2, "training.batch_size": 8},
        )
    assert outcome.result.ended_by == "time budget"
    assert {trial.status for trial in outcome.result.trials} <= {"finished", "stopped"}
    assert outcome.best is None or outcome.registered is not None
