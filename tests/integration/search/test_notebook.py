"""Components that a script or a notebook registers directly are searched on Ray's workers, and predict without it."""

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

SCRIPT = '''
from typing import Annotated

import automl
from automl.plugin import Int, Task, model


@model("line", task="image-classification")
def line(task: Task, width: Annotated[int, Int(4, 32)] = 8):
    """Two linear layers."""
    from math import prod
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(prod(task.input_shape), width), nn.Linear(width, task.num_outputs))


{start}
'''
SEARCH = """automl.search(
    "images", trials=1, workers=1,
    space={"model": "line", "training.epochs": 2, "training.lr": 0.01, "training.batch_size": 8})"""
GUARDED = 'if __name__ == "__main__":\n    ' + SEARCH


def run(folder: Path, start: str) -> subprocess.CompletedProcess[str]:
    (folder / "my_search.py").write_text(SCRIPT.replace("{start}", start))
    command = [sys.executable, "my_search.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)


def test_a_script_searches_its_own_model_which_predicts_without_the_script(
    tmp_path: Path, write_images: Callable[..., Path], run_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    write_images(tmp_path / "images", {"dark": 30, "light": 30})
    ran = run(tmp_path, GUARDED)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (tmp_path / "my_search.py").unlink()

    ran = run_here("predict", "--model", "images/1", "images", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = list(csv.DictReader((tmp_path / "predictions.csv").open()))
    assert sum(row["id"].startswith(row["prediction"] + "/") for row in rows) > 45, "it was trained on these"


def test_a_script_that_would_search_again_on_each_worker_is_refused_before_it_starts(
    tmp_path: Path, write_images: Callable[..., Path]
) -> None:
    write_images(tmp_path / "images", {"dark": 10, "light": 10})
    ran = run(tmp_path, SEARCH)
    assert ran.returncode == 1
    assert "A search was started by the text of a plugin" in ran.stderr
    assert not list((tmp_path / "automl_runs").glob("searches/*"))
