"""A population on real Ray workers: weak members go on from strong ones, and what came of it is trained again alike."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from automl.api.training import train_trial
from automl.search.folders import weights_of
from automl.search.notes import Notes
from automl.search.past import past_search, past_trial
from automl.search.records import TrialRecord
from automl.tracking import open_store

pytestmark = pytest.mark.integration

RunAutoml = Callable[..., subprocess.CompletedProcess[str]]

MEMBERS, EPOCHS = 4, 8
SEARCH = ["--data", "images", "--models", "mlp", "--scheduler", "pbt", "--trials", str(MEMBERS), "--workers", "2"]
SEARCH += ["--set", f"training.epochs={EPOCHS}", "--no-ensemble"]
SEARCH += ["--set", "training.lr={low: 0.0001, high: 0.03}", "--set", "training.batch_size=8", "--sampler", "random"]


@dataclass(frozen=True)
class Searched:
    folder: Path
    output: str

    @property
    def home(self) -> Path:
        return self.folder / "automl_runs"

    @cached_property
    def notes(self) -> Notes:
        return past_search(self.home, "last")

    @cached_property
    def trials(self) -> list[TrialRecord]:
        return [past_trial(self.notes, number) for number in range(MEMBERS)]


@pytest.fixture(scope="module")
def searched(
    tmp_path_factory: pytest.TempPathFactory, write_images: Callable[..., Path], run_automl: RunAutoml
) -> Searched:
    folder = tmp_path_factory.mktemp("population")
    write_images(folder / "images", {"dark": 40, "light": 40})
    ran = run_automl("search", *SEARCH, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return Searched(folder, ran.stdout)


def test_weak_members_go_on_from_strong_ones_and_all_end(searched: Searched) -> None:
    assert f"{MEMBERS} trials done" in searched.output
    assert [(trial.status, trial.epoch) for trial in searched.trials] == [("finished", EPOCHS)] * MEMBERS
    heirs = [trial for trial in searched.trials if trial.lineage]
    assert heirs and searched.trials[0] not in heirs, "the default stays as it is"
    for heir in heirs:
        rates = [part.configuration["training.lr"] for part in heir.line]
        assert len(set(rates)) == len(rates), "each part has a rate of its own"


def test_schedules_are_in_mlflow(searched: Searched) -> None:
    import mlflow

    client = open_store(searched.home).client()
    experiment = client.get_experiment_by_name("images")
    runs = {run.data.tags.get("automl.number"): run for run in client.search_runs([experiment.experiment_id])}
    for trial in searched.trials:
        run = runs[str(trial.number)]
        assert float(run.data.params["training.lr"]) == trial.configuration["training.lr"], "the last one"
        if not trial.lineage:
            assert "automl.lineage" not in run.data.tags
            continue
        assert run.data.tags["automl.lineage"].startswith(f"trial {trial.line[0].number} until epoch ")
        text = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/schedule.json")
        assert [(part["since"], part["number"], part["configuration"]) for part in json.loads(text)] == [
            (part.since, part.number, part.configuration) for part in trial.line
        ]


def test_what_they_were_trained_with_gives_the_same_weights_again(searched: Searched) -> None:
    heir = next(trial for trial in searched.trials if trial.lineage)
    for number in {past_trial(searched.notes).number, heir.number}:
        trained = train_trial("last", number, home=searched.home, say=lambda line: None)
        trial = trained.trial
        assert trained.figures.best_epoch == trial.best_epoch
        assert trained.figures.validation["accuracy"] == trial.best["val_accuracy"]
        was = load_file(weights_of(searched.notes.folder, trial.number))
        now = load_file(searched.notes.folder / "trained" / f"{trial.number:04d}" / "best.safetensors")
        assert was.keys() == now.keys() and all((was[name] == now[name]).all() for name in was)
