"""Which earlier search is meant, and what is refused."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
import yaml
from optuna.storages import JournalStorage

from automl.config import load_experiment
from automl.errors import UserError
from automl.search.earlier import EarlierSearch, find_earlier
from automl.search.folders import journal_of
from automl.search.journal import SingleWriterJournal
from automl.search.warm_start import find_sources


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def search(home: Path, name: str, trials: int, domain: str = "images") -> Path:
    """The folder of a search, a trial of which is running."""
    folder = home / "searches" / name
    folder.mkdir(parents=True)
    keys = {"domain": domain, "metric": "accuracy", "trials": 9}
    (folder / "experiment.yaml").write_text(yaml.safe_dump(keys))
    notes = {"format": 1, "from": ".", "digest": "ab", "plugins": [], "provenance": {}, "ended": None}
    (folder / "search.json").write_text(json.dumps(notes))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=JournalStorage(SingleWriterJournal(journal_of(folder))), direction="maximize")
    for number in range(trials + 1):
        trial = study.ask()
        trial.set_user_attr("configuration", {"model": "mlp", "training.lr": 0.1 + number})
        if number < trials:
            trial.report(0.5, 1)
            trial.set_user_attr("record", {"status": "finished", "merit": [0.5, 0.0], "best": {"val_accuracy": 0.5}})
            study.tell(trial, 0.5)
    return folder


def find(home: Path, reference: str, **keys: Any) -> EarlierSearch:
    store: Any = SimpleNamespace(home=home)
    return find_earlier(reference, load_experiment(flags={"trials": 1, **keys}), store)


def refused(home: Path, reference: str, **keys: Any) -> str:
    with pytest.raises(UserError) as said:
        find(home, reference, **keys)
    return said.value.message


def test_a_search_is_found_by_its_name(home: Path) -> None:
    search(home, "old", 2)
    found = find(home, "old")
    assert (found.name, found.domain, found.metric, found.minimize, found.digest) == (
        "old",
        "images",
        "accuracy",
        False,
        "ab",
    )
    assert [(trial.record.number, trial.curve) for trial in found.trials] == [(0, {1: 0.5}), (1, {1: 0.5})]


def test_last_is_the_latest_search_of_the_domain_that_has_trials(home: Path) -> None:
    search(home, "20260101-100000-images", 2)
    search(home, "20260102-100000-images", 3)
    search(home, "20260103-100000-medical_imaging", 3, "medical_imaging")
    search(home, "20260104-100000-images", 0)
    journal_of(search(home, "20260105-100000-images", 1)).write_text("{}\n")
    found = find(home, "last")
    assert found.name == "20260102-100000-images" and len(found.trials) == 3


def test_a_running_search_is_read_and_not_touched(home: Path) -> None:
    journal = journal_of(search(home, "old", 2))
    torn = journal.read_bytes() + b'{"op_code": 4, "wor'
    journal.write_bytes(torn)
    assert len(find(home, "old").trials) == 2
    assert journal.read_bytes() == torn


def test_a_search_that_is_not_there_is_refused_with_those_that_are(home: Path) -> None:
    assert refused(home, "old") == "Unknown search 'old'. Choices: none."
    search(home, "new", 1)
    assert refused(home, "old") == "Unknown search 'old'. Choices: new."
    said = refused(home, "last", domain="medical_imaging", data="images")
    assert "No earlier search of the domain medical_imaging" in said


def test_a_search_without_trials_is_refused(home: Path) -> None:
    folder = search(home, "old", 0)
    assert "The search old has no trial to learn from" in refused(home, "old")
    journal_of(folder).unlink()
    assert "The search old has no trial to learn from" in refused(home, "old")


def test_a_search_of_another_kind_of_task_is_refused(home: Path) -> None:
    search(home, "old", 1)
    said = refused(home, "old", task="image-regression", metric="rmse", data="images.npz")
    assert "old is of the task image-classification, this one of image-regression" in said


@pytest.mark.parametrize("text", ['{"op_code": 0}\n', "nonsense\n", "[]\n"])
def test_a_damaged_study_is_refused(home: Path, text: str) -> None:
    journal_of(search(home, "old", 1)).write_text(text)
    assert "The search old is damaged" in refused(home, "old")


def test_damaged_notes_are_refused(home: Path) -> None:
    folder = search(home, "old", 1)
    (folder / "experiment.yaml").write_text(yaml.safe_dump({"domain": "images", "no_such_key": 1}))
    assert "The search old is damaged" in refused(home, "old")
    (folder / "search.json").write_text(json.dumps({"format": 999}))
    assert "written by a newer version" in refused(home, "old")


def test_a_grid_takes_no_warm_start(home: Path) -> None:
    search(home, "old", 1)
    store: Any = SimpleNamespace(home=home)
    with pytest.raises(UserError, match="--warm-start and --sampler grid don't go together"):
        find_sources(load_experiment(flags={"sampler": "grid", "warm_start": "old"}), store)
