"""One search by the command line, looked at from all sides: what it says, MLflow, the registry, predictions."""

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import automl
from automl.api import Outcome, loading
from automl.data import Dataset
from automl.evaluation import METRICS
from automl.tracking import open_store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

pytestmark = pytest.mark.integration

RunAutoml = Callable[..., subprocess.CompletedProcess[str]]
TRIALS = 3
EPOCHS = 2
FIXED = {"training.epochs": EPOCHS, "training.batch_size": 8}


@dataclass(frozen=True)
class Searched:
    """A search that has ended."""

    folder: Path
    ran: subprocess.CompletedProcess[str]

    @property
    def home(self) -> Path:
        return self.folder / "automl_runs"


@pytest.fixture(scope="module")
def searched(
    tmp_path_factory: pytest.TempPathFactory, write_images: Callable[..., Path], run_automl: RunAutoml
) -> Searched:
    folder = tmp_path_factory.mktemp("a search")  # The blank is on purpose.
    write_images(folder / "images", {"dark": 30, "light": 30})
    settings = ["training.lr={low: 0.003, high: 0.03}", *(f"{name}={value}" for name, value in FIXED.items())]
    ran = run_automl(
        *("search", "--data", "images", "--trials", TRIALS, "--models", "small_cnn,mlp"),
        *("--workers", 1, "--seed", 3),
        *(part for text in settings for part in ("--set", text)),
        cwd=folder,
    )
    return Searched(folder, ran)


class CountedTest:
    """A test split that notes which function reads its images."""

    def __init__(self, split: Any) -> None:
        self._split = split
        self.readers: list[str] = []

    @property
    def inputs(self) -> np.ndarray:
        self.readers.append(sys._getframe(1).f_code.co_qualname.partition(".")[0])
        images: np.ndarray = self._split.inputs
        return images

    def __len__(self) -> int:
        return len(self._split)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._split, name)


@pytest.fixture(scope="module")
def again(
    searched: Searched,
    tmp_path_factory: pytest.TempPathFactory,
    without_ray: Callable[[], AbstractContextManager[None]],
) -> tuple[Outcome, CountedTest]:
    """The same search by the Python API, and the test split that it saw."""
    tests = []
    load = loading._load

    def counted(*arguments: Any) -> Dataset:
        data = load(*arguments)
        tests.append(CountedTest(data.test))
        object.__setattr__(data, "test", tests[-1])
        return data

    with without_ray(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(loading, "_load", counted)
        outcome = automl.search(
            searched.folder / "images",
            out=tmp_path_factory.mktemp("again"),
            say=lambda line: None,
            trials=TRIALS,
            workers=1,
            seed=3,
            space={"model": ["small_cnn", "mlp"], "training.lr": {"low": 0.003, "high": 0.03}, **FIXED},
        )
    return outcome, tests[-1]


@pytest.fixture(scope="module")
def client(searched: Searched) -> "MlflowClient":
    return open_store(searched.home).client()


@pytest.fixture(scope="module")
def runs(client: "MlflowClient") -> dict[str, list["Run"]]:
    """The runs by their role."""
    (experiment,) = client.search_experiments(filter_string="name = 'images'")
    found: dict[str, list[Run]] = {"search": [], "trial": []}
    for run in client.search_runs([experiment.experiment_id]):
        found[run.data.tags["automl.role"]].append(run)
    found["trial"].sort(key=lambda run: int(run.data.tags["automl.number"]))
    return found


# What it says


def test_it_ends_well(searched: Searched) -> None:
    assert searched.ran.returncode == 0, searched.ran.stdout + searched.ran.stderr
    assert "Traceback" not in searched.ran.stderr


def test_the_data_is_reported_before_the_first_trial(searched: Searched) -> None:
    out = searched.ran.stdout
    assert "images: 60 images, 2 classes, grey 8 x 8 px" in out
    assert re.search(r"dark +21 +3 +6", out)
    assert out.index("2 classes") < out.index("trial   ")


def test_each_trial_has_a_line(searched: Searched) -> None:
    lines = re.findall(r"^trial +(\d+)  (small_cnn|mlp) +accuracy \d\.\d{4} +epoch", searched.ran.stdout, re.M)
    assert sorted(int(number) for number, _ in lines) == [0, 1, 2]
    assert dict(lines)["0"] == "small_cnn", "the default configuration comes first"


def test_the_end_tells_trials_test_baseline_and_what_to_type(searched: Searched) -> None:
    out = searched.ran.stdout
    assert f"Best of {TRIALS} trials by accuracy on validation ({TRIALS} trials done)" in out
    assert "on the test split (read once)" in out
    figures = r"accuracy +\d\.\d{4} +\d\.\d{4} \[\d\.\d{3}, \d\.\d{3}\] +\d\.\d{4} +0\.5000"
    assert re.search(figures, out), "validation, test with its interval, default, baseline"
    assert "Probabilities aren't calibrated: validation has 6 rows, and 100 are needed." in out
    assert "Registered as images version 1, alias champion" in out
    assert re.search(r"  automl ui \d{8}-\d{6}-images\n", out)
    assert "  automl predict --model images@champion path/to/new/images --out predictions.csv\n" in out


def test_everything_lies_under_one_folder(searched: Searched) -> None:
    assert sorted(path.name for path in searched.folder.iterdir()) == ["automl_runs", "images"]
    assert {"automl.json", "mlflow.db", "artifacts", "searches"} <= {path.name for path in searched.home.iterdir()}
    (search,) = (searched.home / "searches").iterdir()
    assert (search / "study.journal").exists() and (search / "experiment.yaml").exists()


def test_the_best_trials_keep_their_weights_and_their_predictions(searched: Searched) -> None:
    (winner,) = re.findall(r"Winner: trial (\d+)", searched.ran.stdout)
    kept = {path.parent.name for path in searched.home.glob("searches/*/trials/*/best.safetensors")}
    assert kept >= {f"{int(winner):04d}", "0000"}
    assert {path.parent.name for path in searched.home.glob("searches/*/trials/*/val.npy")} == kept


# MLflow


def test_mlflow_holds_one_search_and_its_trials(runs: dict[str, list["Run"]]) -> None:
    (parent,) = runs["search"]
    assert parent.info.status == "FINISHED"
    assert len(runs["trial"]) == TRIALS
    assert {run.data.tags["mlflow.parentRunId"] for run in runs["trial"]} == {parent.info.run_id}
    assert [run.data.tags["automl.number"] for run in runs["trial"]] == ["0", "1", "2"]
    assert parent.data.params["seed"] == "3" and parent.data.params["sampler"] == "tpe"


def test_a_trial_has_its_parameters_status_reason_and_duration(runs: dict[str, list["Run"]]) -> None:
    for run in runs["trial"]:
        assert run.data.params["model"] in ("small_cnn", "mlp")
        assert run.data.params["training.epochs"] == str(EPOCHS)
        assert 0.003 <= float(run.data.params["training.lr"]) <= 0.03
        assert run.info.status == "FINISHED" and run.info.end_time >= run.info.start_time
        assert (run.data.tags["automl.state"], run.data.tags["automl.reason"].split(",")[0]) in {
            ("finished", "all epochs done"),
            ("stopped", "scheduler"),
        }
        assert run.data.metrics["seconds"] > 0 and run.data.metrics["epochs"] in (1, 2)


def test_a_trial_has_its_metrics_by_epoch(client: "MlflowClient", runs: dict[str, list["Run"]]) -> None:
    for run in runs["trial"]:
        for name in ("val_accuracy", "val_log_loss", "train_loss", "lr"):
            history = client.get_metric_history(run.info.run_id, name)
            assert [metric.step for metric in history] == list(range(1, int(run.data.metrics["epochs"]) + 1)), name


def test_a_trials_best_is_its_best_epochs(client: "MlflowClient", runs: dict[str, list["Run"]]) -> None:
    for run in runs["trial"]:
        history = {m.step: m.value for m in client.get_metric_history(run.info.run_id, "val_accuracy")}
        best = run.data.metrics["best_accuracy"]
        assert best == pytest.approx(max(history.values()), abs=1e-5)
        assert history[int(run.data.metrics["best_epoch"])] == pytest.approx(best, abs=1e-5)


def test_the_winner_is_marked_and_tested_alone(searched: Searched, runs: dict[str, list["Run"]]) -> None:
    (number,) = re.findall(r"Winner: trial (\d+)", searched.ran.stdout)
    tested = [run.data.tags["automl.number"] for run in runs["trial"] if "test_accuracy" in run.data.metrics]
    marked = [run.data.tags["automl.number"] for run in runs["trial"] if "automl.winner" in run.data.tags]
    assert tested == marked == [number]
    assert f"Winner: trial {int(number):03d}" in runs["search"][0].data.tags["mlflow.note.content"]


def test_the_search_keeps_what_it_was_told(client: "MlflowClient", runs: dict[str, list["Run"]]) -> None:
    names = {artifact.path for artifact in client.list_artifacts(runs["search"][0].info.run_id)}
    assert {"experiment.yaml", "command.txt", "data.txt"} <= names


def test_the_same_seed_gives_the_same_trials(runs: dict[str, list["Run"]], again: tuple[Outcome, CountedTest]) -> None:
    """By the command line on a worker of Ray's; by Python in this process."""
    trials = again[0].result.trials
    for run, trial in zip(runs["trial"], trials, strict=True):
        assert run.data.params == {name: str(value) for name, value in trial.configuration.items()}
        assert run.data.metrics["best_accuracy"] == pytest.approx(trial.best["val_accuracy"], abs=1e-5)
        assert run.data.metrics["val_log_loss"] > 0
        assert run.data.tags["automl.state"] == trial.status
        assert run.data.metrics["best_epoch"] == trial.best_epoch
    winner = next(run for run in runs["trial"] if "automl.winner" in run.data.tags)
    assert {f"test_{name}": value for name, value in again[0].test.items()}.items() <= winner.data.metrics.items()


def test_the_test_split_is_read_once_by_the_winner(again: tuple[Outcome, CountedTest]) -> None:
    """And after its test, when nothing is chosen any more, by the profile: the inputs, and what is predicted."""
    assert again[1].readers == ["run_test", "register_tested", "register_tested"]


def test_an_outcome_tells_what_was_found(again: tuple[Outcome, CountedTest]) -> None:
    outcome = again[0]
    assert outcome.best in outcome.result.trials
    assert (outcome.home / "searches" / outcome.name).is_dir()
    metrics = [one for one in METRICS.values() if one.classification and one.fewest == 2 and one.words != "only"]
    assert set(outcome.test) == set(outcome.baseline) == {one.name for one in metrics}
    assert outcome.result.ended_by == "3 trials done" and not outcome.result.interrupted
    assert outcome.registered and outcome.registered.alias == "champion"


# The registry


def test_the_winner_is_registered_as_champion_and_says_where_it_came_from(
    searched: Searched, client: "MlflowClient", runs: dict[str, list["Run"]]
) -> None:
    version = client.get_model_version_by_alias("images", "champion")
    winner = next(run for run in runs["trial"] if "automl.winner" in run.data.tags)
    assert (version.version, version.run_id) in {("1", winner.info.run_id), (1, winner.info.run_id)}
    search = next((searched.home / "searches").iterdir()).name
    for text in (search, winner.data.tags["automl.components"], "baseline", "validation", "test", "images (digest "):
        assert text in version.description


def test_the_model_loads_in_python(searched: Searched) -> None:
    model = automl.load("images@champion", home=searched.home)
    assert model.task.class_names == ("dark", "light")
    probabilities = model.predict(np.zeros((2, 1, 8, 8), np.uint8))
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)


def test_new_images_are_predicted_in_their_order_by_a_fresh_process(
    searched: Searched, run_automl: RunAutoml, write_images: Callable[..., Path]
) -> None:
    write_images(searched.folder / "new", {"b": 2, "a": 11})
    ran = run_automl("predict", "--model", "images@champion", "new", "--out", "predictions.csv", cwd=searched.folder)
    written = searched.folder / "predictions.csv"
    rows: list[dict[str, Any]] = list(csv.DictReader(written.open()))
    written.unlink()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "13 predictions by images@champion in predictions.csv" in ran.stdout
    assert list(rows[0]) == ["id", "prediction", "p_dark", "p_light"]
    assert [row["id"] for row in rows] == [f"a/{n}.png" for n in range(11)] + ["b/0.png", "b/1.png"]
    for row in rows:
        shares = {"dark": float(row["p_dark"]), "light": float(row["p_light"])}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert row["prediction"] == max(shares, key=lambda name: shares[name])


def test_the_doctor_finds_the_store(searched: Searched, run_here: RunAutoml) -> None:
    ran = run_here("doctor", cwd=searched.folder)
    assert "mlflow.db" in ran.stdout.replace("\n", "")
