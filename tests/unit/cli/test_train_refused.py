"""What `automl train` can't train again: a clear message and exit code 2, before anything is trained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from optuna.storages import JournalStorage

from automl.search.journal import SingleWriterJournal
from automl.search.records import TrialRecord

RunCli = Callable[..., Any]
CONFIGURATION = {"model": "mlp", "model.mlp.width": 16, "model.mlp.depth": 1, "training.epochs": 2}


@pytest.fixture
def searched(home: Path, images: Path) -> Path:
    """A search with a trial that gave a model, one that failed, and one that runs."""
    folder = home / "searches" / "s1"
    folder.mkdir(parents=True)
    experiment = {"domain": "images", "metric": "accuracy", "trials": 9, "data": str(images)}
    (folder / "experiment.yaml").write_text(yaml.safe_dump(experiment))
    notes = {"format": 1, "from": ".", "study": "s1", "digest": "ab", "plugins": [], "provenance": {}, "ended": None}
    (folder / "search.json").write_text(json.dumps(notes))
    journal = JournalStorage(SingleWriterJournal(folder / "study.journal"))
    study = optuna.create_study(study_name="s1", storage=journal, direction="maximize")
    best = {"val_accuracy": 0.9}
    for record in (
        TrialRecord(0, {}, "failed", reason="diverged", diverged=True),
        TrialRecord(1, {}, "finished", epoch=2, best_epoch=2, best=best, merit=(0.9, -0.1)),
    ):
        trial = study.ask()
        trial.set_user_attr("configuration", CONFIGURATION)
        trial.set_user_attr("record", record.to_dict())
        study.tell(trial, 0.9)
    study.ask().set_user_attr("configuration", CONFIGURATION)
    study.ask()  # killed before it had a configuration
    return folder


def refused(ran: Any, *texts: str) -> None:
    said = " ".join(ran.err.split())
    assert ran.code == 2 and said.startswith("Error: ") and "Traceback" not in said
    for text in texts:
        assert text in said, f"{text!r} isn't in {said!r}"


def test_a_search_that_is_not_there(run_cli: RunCli, home: Path) -> None:
    refused(run_cli("train", "old", "--home", home), "Unknown search 'old'. Choices: none.")
    refused(run_cli("train", "last", "--home", home), f"There is no search in {home}", "`automl search` starts one")


@pytest.mark.parametrize("number", [3, 99])
def test_a_trial_that_is_not_there_or_has_no_configuration(
    run_cli: RunCli, home: Path, searched: Path, number: int
) -> None:
    refused(run_cli("train", "s1", number, "--home", home), f"The search s1 has no trial {number}", "Its trials: 0, 1.")


def test_a_trial_that_has_not_ended(run_cli: RunCli, home: Path, searched: Path) -> None:
    refused(run_cli("train", "s1", 2, "--home", home), "Trial 2 of s1 hasn't ended", "Next:", "automl resume s1")


def test_a_search_without_a_model(run_cli: RunCli, home: Path, searched: Path) -> None:
    (searched / "study.journal").unlink()
    refused(run_cli("train", "s1", "--home", home), "No trial of s1 gave a model", "Name one by its number")


@pytest.mark.parametrize("arguments", [["s1"], ["last", 1], ["s1", 0]])
def test_data_that_have_changed_since(run_cli: RunCli, home: Path, searched: Path, arguments: list[Any]) -> None:
    refused(run_cli("train", *arguments, "--home", home), "The data of s1 has changed since", "--data PATH")


def test_other_data_that_are_not_there(run_cli: RunCli, home: Path, searched: Path) -> None:
    refused(run_cli("train", "s1", "--data", home / "none", "--home", home), f"There is no {home / 'none'}")


def test_a_component_that_does_not_fit_other_data(
    run_cli: RunCli, home: Path, searched: Path, shared_catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(shared_catalog.get("model", "mlp")), "mismatch", lambda *_: "needs 75 px or more")
    ran = run_cli("train", "s1", "--data", searched.parents[2] / "images", "--home", home)
    refused(ran, "Trial 1 has the model mlp, which needs 75 px or more.")


def test_a_seed_that_is_none(run_cli: RunCli, home: Path) -> None:
    ran = run_cli("train", "s1", "--seed", -1, "--home", home)
    assert ran.code == 2 and "--seed" in ran.err
