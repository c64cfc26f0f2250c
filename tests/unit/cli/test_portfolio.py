"""`automl portfolio build`, and a search that starts from what is there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from optuna.storages import JournalStorage

from automl.search.journal import SingleWriterJournal

RunCli = Callable[..., Any]


def write_search(home: Path, name: str, values: dict[float, float], task: str = "image-classification") -> None:
    """A search of one model: learning rate -> the metric that it gave."""
    folder = home / "searches" / name
    folder.mkdir(parents=True)
    metric = "accuracy" if task == "image-classification" else "r2"
    keys = {"domain": "images", "task": task, "metric": metric, "trials": 9}
    (folder / "experiment.yaml").write_text(yaml.safe_dump(keys))
    notes = {"format": 1, "from": ".", "digest": "ab", "plugins": [], "provenance": {}, "ended": "done"}
    (folder / "search.json").write_text(json.dumps(notes))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = JournalStorage(SingleWriterJournal(folder / "study.journal"))
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
    for lr, value in values.items():
        trial = study.ask()
        trial.set_user_attr("configuration", {"model": "mlp", "training.lr": lr})
        best = {f"val_{metric}": value}
        trial.set_user_attr("record", {"status": "finished", "merit": [value, 0.0], "best": best, "best_epoch": 1})
        study.tell(trial, value)


@pytest.fixture
def searched(home: Path) -> Path:
    write_search(home, "one", {0.01: 0.9, 0.1: 0.5, 0.5: 0.1})
    write_search(home, "two", {0.01: 0.2, 0.1: 0.9, 0.5: 0.1})
    return home


def test_a_portfolio_is_built_and_shown(run_cli: RunCli, searched: Path, tmp_path: Path) -> None:
    ran = run_cli("portfolio", "build", "--home", searched, "--out", tmp_path / "p.yaml")
    assert ran.code == 0, ran.err
    assert "2 configurations out of 2 searches (image-classification)" in ran.out
    assert f"automl search --portfolio {tmp_path / 'p.yaml'}" in ran.out
    built = yaml.safe_load((tmp_path / "p.yaml").read_text())
    assert [entry["configuration"]["training.lr"] for entry in built["configurations"]] == [0.1, 0.01]
    assert built["searches"] == ["two", "one"]


def test_its_size_is_bounded(run_cli: RunCli, searched: Path, tmp_path: Path) -> None:
    run_cli("portfolio", "build", "--home", searched, "--out", tmp_path / "p.yaml", "--size", 1)
    assert len(yaml.safe_load((tmp_path / "p.yaml").read_text())["configurations"]) == 1
    assert run_cli("portfolio", "build", "--out", tmp_path / "p.yaml", "--size", 0).code == 2


def test_searches_that_cannot_be_read_are_left_out_and_said(run_cli: RunCli, searched: Path, tmp_path: Path) -> None:
    write_search(searched, "broken", {0.3: 0.3})
    (searched / "searches" / "broken" / "study.journal").write_text("nonsense\n")
    ran = run_cli("portfolio", "build", "--home", searched, "--out", tmp_path / "p.yaml")
    assert ran.code == 0
    assert "Left out: The search broken is damaged" in ran.out and "out of 2 searches" in ran.out


def test_without_searches_there_is_nothing_to_build(run_cli: RunCli, home: Path, tmp_path: Path) -> None:
    write_search(home, "empty", {})
    ran = run_cli("portfolio", "build", "--home", home, "--out", tmp_path / "p.yaml")
    assert ran.code == 2
    assert "There is no search with a trial to learn from" in ran.err and not (tmp_path / "p.yaml").exists()


def test_one_portfolio_is_for_one_kind_of_task(run_cli: RunCli, searched: Path, tmp_path: Path) -> None:
    write_search(searched, "three", {0.2: 0.7}, "image-regression")
    build = ("portfolio", "build", "--home", searched, "--out", tmp_path / "p.yaml")
    both = run_cli(*build)
    assert both.code == 2
    assert "are of image-classification, image-regression" in both.err and "--task image-classification" in both.err
    assert run_cli(*build, "--task", "image-regression").code == 0
    assert yaml.safe_load((tmp_path / "p.yaml").read_text())["searches"] == ["three"]
    assert "No search of the task text" in run_cli(*build, "--task", "text").err


def test_a_file_that_cannot_be_written_is_refused(run_cli: RunCli, searched: Path, tmp_path: Path) -> None:
    ran = run_cli("portfolio", "build", "--home", searched, "--out", tmp_path / "none" / "p.yaml")
    assert ran.code == 2 and "The portfolio can't be written" in ran.err


# automl search


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--warm-start", "three"], "Unknown search 'three'. Choices: one, two."),
        (["--warm-start", "one", "--sampler", "grid"], "--warm-start and --sampler grid don't go together"),
        (["--warm-start", "last", "--domain", "medical_imaging"], "No earlier search of the domain medical_imaging"),
        (["--portfolio", "none.yaml"], "The portfolio none.yaml can't be read"),
        (["--continue", "one", "--warm-start", "two"], "--continue takes only"),
    ],
)
def test_a_start_that_cannot_be_is_refused_before_the_data_is_read(
    search: RunCli, searched: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    ran = search(*arguments, data=None if "--continue" in arguments else tmp_path / "no_data")
    assert ran.code == 2
    assert said in ran.err
    assert len(list((searched / "searches").iterdir())) == 2, "no folder is made"


def test_a_search_that_starts_from_another_says_what_it_takes(search: RunCli, searched: Path) -> None:
    ran = search("--warm-start", "last", "--trials", 3)
    assert "All checks are passed." in ran.err
    assert "Warm start from two: it had other data, or another split of them; 2 of its best" in ran.out
    made = next(path for path in (searched / "searches").iterdir() if path.name not in ("one", "two"))
    assert yaml.safe_load((made / "experiment.yaml").read_text())["warm_start"] == "two", (
        "not last, should it be resumed"
    )
    first = json.loads((made / "prior.json").read_text())["first"]
    rates = [configuration["training.lr"] for configuration in first]
    assert rates == [0.1, 0.01], "0.5 is out of the range, and at its end is 0.1"
