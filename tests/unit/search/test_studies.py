"""The study of a search that goes on: what can't be read is refused, and so is one that is gone."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
import yaml
from optuna.storages.journal._storage import JournalOperation

from automl.config import load_experiment
from automl.errors import UserError
from automl.search.folders import journal_of, trial_folder
from automl.search.notes import FILE, find_search, study_of, write_notes
from automl.search.objectives import Objectives
from automl.search.studies import open_study, read_trials
from automl.space import Space


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    return make_plan(tmp_path / "searches" / "s")


def make_plan(folder: Path, **keys: Any) -> Any:
    """As much of a plan as its study needs; noted."""
    folder.mkdir(parents=True)
    experiment = load_experiment(flags={"trials": 9, "sampler": "random", **keys})
    data = SimpleNamespace(digest="ab")
    made = SimpleNamespace(
        experiment=experiment,
        folder=folder,
        objectives=Objectives("accuracy"),
        data=data,
        plugins=(),
        components=(),
        shares=SimpleNamespace(threads=1),
        space=Space(()),
    )
    write_notes(made)
    return made


def refused(plan: Any) -> UserError:
    with pytest.raises(UserError) as said:
        open_study(plan)
    return said.value


def test_a_journal_with_an_operation_of_a_newer_version_is_refused(plan: Any) -> None:
    open_study(plan)
    unknown = max(JournalOperation) + 1
    with journal_of(plan.folder).open("a") as journal:
        journal.write(json.dumps({"op_code": unknown, "worker_id": "w", "study_id": 0}) + "\n")
    error = refused(plan)
    assert error.message.endswith(f"holds what Optuna {optuna.__version__} doesn't know: a newer version wrote it.")
    assert error.hint == "Update automl and Optuna."


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"op_code": 5}'])
def test_a_damaged_journal_is_refused(plan: Any, line: str) -> None:
    open_study(plan)
    with journal_of(plan.folder).open("a") as journal:
        journal.write(line + "\n")
    before = journal_of(plan.folder).read_bytes()
    assert f"{journal_of(plan.folder)} is damaged" in refused(plan).message
    assert journal_of(plan.folder).read_bytes() == before


@pytest.mark.parametrize("url", [None, "sqlite:///{}/study.db"])
def test_a_study_that_is_gone_is_not_begun_anew_with_the_files_of_its_trials(tmp_path: Path, url: str | None) -> None:
    plan = make_plan(tmp_path / "searches" / "s", **({"storage": url.format(tmp_path)} if url else {}))
    study, storage = open_study(plan)
    study.ask()
    assert storage.save()
    trial_folder(plan.folder, 0).mkdir(parents=True)
    assert len(open_study(plan)[0].get_trials()) == 1
    (tmp_path / "study.db" if url else journal_of(plan.folder)).unlink()
    assert "The study of s is gone" in refused(plan).message


def test_notes_of_a_newer_version_are_refused(plan: Any, tmp_path: Path) -> None:
    notes = json.loads((plan.folder / FILE).read_text())
    (plan.folder / FILE).write_text(json.dumps(notes | {"format": notes["format"] + 1}))
    for name in ("s", None):
        with pytest.raises(UserError, match="The search s was written by a newer version of automl") as said:
            find_search(tmp_path, name)
        assert said.value.hint == "Update automl."


def test_a_search_in_a_database_is_found_again_by_its_notes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    plans = [make_plan(tmp_path / home / "searches" / "s", storage=url) for home in ("one", "other")]
    for count, plan in enumerate(plans, 1):
        study, storage = open_study(plan)
        for _ in range(count):
            study.tell(study.ask(), 0.5)
        assert storage.save()
        assert not journal_of(plan.folder).exists()
        assert yaml.safe_load((plan.folder / "experiment.yaml").read_text())["storage"] == url
    assert study_of(plans[0].folder) != study_of(plans[1].folder), "two searches of one name"
    assert [len(read_trials(find_search(tmp_path / home, "s"))) for home in ("one", "other")] == [1, 2]
    assert [len(open_study(plan)[0].get_trials()) for plan in plans] == [1, 2]


def test_of_a_search_that_was_killed_before_its_study_was_made_there_is_nothing_to_read(tmp_path: Path) -> None:
    make_plan(tmp_path / "searches" / "s", storage=f"sqlite:///{tmp_path / 'study.db'}")
    assert read_trials(find_search(tmp_path, "s")) == []
