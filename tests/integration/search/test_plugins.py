"""A file plugin searched on Ray's workers: served without its file, and its failures are its own."""

import csv
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from automl.tracking import open_store

if TYPE_CHECKING:
    from mlflow.entities import Run

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[3] / "examples"
RunAutoml = Callable[..., subprocess.CompletedProcess[str]]

PLUGIN = '''
import os
from typing import Literal

from automl.plugin import Task, model


@model("moody", task="image-classification")
def moody(task: Task, mood: Literal["good", "raises", "diverges", "dies"] = "good"):
    """A linear model in some mood."""
    from math import prod

    from torch import nn

    class Moody(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(prod(task.input_shape), task.num_outputs)

        def forward(self, images):
            if mood == "raises":
                raise ValueError(f"no [good] mood for {tuple(images.shape)[1:]}")
            if mood == "dies":
                os._exit(1)
            return self.line(images.flatten(1)) * (float("nan") if mood == "diverges" else 1)

    return Moody()
'''

EXPERIMENT = """
data: images
sampler: grid
workers: 1
plugins: [moody.py]
space:
  model: moody
  training.lr: 0.01
  training.optimizer: adamw
  training.batch_size: 8
  training.schedule: constant
  training.class_weights: none
  training.epochs: 3
"""


@dataclass(frozen=True)
class Searched:
    folder: Path
    ran: subprocess.CompletedProcess[str]
    trials: dict[str, "Run"]


@pytest.fixture(scope="module")
def searched(
    tmp_path_factory: pytest.TempPathFactory, write_images: Callable[..., Path], run_automl: RunAutoml
) -> Searched:
    """The plugin's file is gone once the search has ended."""
    from automl.components import load_catalog

    folder = tmp_path_factory.mktemp("plugins")
    write_images(folder / "images", {"dark": 30, "light": 30})
    (folder / "moody.py").write_text(PLUGIN)
    components = load_catalog().components
    off = "".join(f"  {kind}.{name}: false\n" for kind, name in components if kind != "model")
    (folder / "experiment.yaml").write_text(dedent(EXPERIMENT) + off)
    ran = run_automl("search", "--config", "experiment.yaml", cwd=folder)
    (folder / "moody.py").unlink()
    client = open_store(folder / "automl_runs").client()
    runs = client.search_runs([client.get_experiment_by_name("images").experiment_id])
    trials = {run.data.params["model.moody.mood"]: run for run in runs if run.data.tags["automl.role"] == "trial"}
    return Searched(folder, ran, trials)


def test_a_grid_ends_when_each_configuration_was_tried_once(searched: Searched) -> None:
    assert searched.ran.returncode == 0, searched.ran.stdout + searched.ran.stderr
    assert "The grid has 4 configurations." in searched.ran.stdout
    assert "Best of 4 trials by accuracy on validation (the space is exhausted)" in searched.ran.stdout
    assert set(searched.trials) == {"good", "raises", "diverges", "dies"}


def test_an_exception_fails_its_trial_alone_and_its_cause_is_shown(searched: Searched) -> None:
    assert "ValueError: no [good] mood for (1, 8, 8)" in searched.ran.stdout
    run = searched.trials["raises"]
    assert (run.info.status, run.data.tags["automl.state"]) == ("FAILED", "failed")
    assert run.data.tags["automl.reason"] == "ValueError: no [good] mood for (1, 8, 8)"
    note = run.data.tags["mlflow.note.content"]
    assert "Traceback" in note and "moody.py" in note and 'raise ValueError(f"no [good] mood' in note


def test_a_divergence_fails_its_trial_alone(searched: Searched) -> None:
    run = searched.trials["diverges"]
    assert (run.info.status, run.data.tags["automl.state"]) == ("FAILED", "failed")
    assert "diverged: the training loss is nan in epoch 1" in run.data.tags["automl.reason"]


def test_a_worker_that_dies_fails_its_trial_alone(searched: Searched) -> None:
    run = searched.trials["dies"]
    assert (run.info.status, run.data.tags["automl.state"]) == ("FAILED", "failed")
    assert "the worker process died" in run.data.tags["automl.reason"]
    assert "the worker process died" in searched.ran.stdout


def test_the_other_trial_is_finished_and_registered(searched: Searched) -> None:
    run = searched.trials["good"]
    assert (run.info.status, run.data.tags["automl.state"]) == ("FINISHED", "finished")
    assert run.data.metrics["epochs"] == 3
    assert "Registered as images version 1" in searched.ran.stdout


def test_a_model_of_a_plugin_predicts_without_the_plugins_file(searched: Searched, run_here: RunAutoml) -> None:
    """In this process, which hasn't seen it either."""
    assert not (searched.folder / "moody.py").exists()
    ran = run_here("predict", "--model", "images/1", "images", cwd=searched.folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = list(csv.DictReader((searched.folder / "predictions.csv").open()))
    assert len(rows) == 60
    right = sum(row["id"].startswith(row["prediction"] + "/") for row in rows)
    assert right > 45, "it was trained on these"


def test_the_plugins_text_is_logged_with_the_search(searched: Searched) -> None:
    client = open_store(searched.folder / "automl_runs").client()
    parent = searched.trials["good"].data.tags["mlflow.parentRunId"]
    (logged,) = client.list_artifacts(parent, "plugins")
    assert PLUGIN in Path(client.download_artifacts(parent, logged.path)).read_text()


def test_the_example_of_one_file_is_searched_and_predicts_without_its_file(
    tmp_path: Path, write_images: Callable[..., Path], run_here: RunAutoml
) -> None:
    write_images(tmp_path / "images", {"dark": 30, "light": 30}, side=12)
    plugin = tmp_path / "attention_pool_net.py"
    plugin.write_text((EXAMPLES / "custom_plugin" / plugin.name).read_text())
    settings = ("training.epochs=3", "training.lr=0.01", "training.batch_size=8", "model.attention_pool_net.width=16")
    chosen = [word for setting in settings for word in ("--set", setting)]
    searching = ["--plugin", plugin.name, "--models", "attention_pool_net", "--data", "images", "--trials", 2]
    ran = run_here("search", *searching, *chosen, "--augmentations", "none", "--scheduler", "none", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    plugin.unlink()

    client = open_store(tmp_path / "automl_runs").client()
    runs = client.search_runs([client.get_experiment_by_name("images").experiment_id])
    used = {run.data.tags["automl.plugins"] for run in runs if run.data.tags["automl.role"] == "trial"}
    assert all("attention_pool_net.py sha256:" in text for text in used)
    ran = run_here("predict", "--model", "images/1", "images", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(list(csv.DictReader((tmp_path / "predictions.csv").open()))) == 60
