"""What can't be resumed: a clear message and exit code 2, before the data is read or Ray is started."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from automl.search.folders import held

RunCli = Callable[..., Any]


def begun(home: Path, name: str, ended: str | None = None, **notes: Any) -> Path:
    """A search that was begun."""
    folder = home / "searches" / name
    folder.mkdir(parents=True)
    (folder / "experiment.yaml").write_text(yaml.safe_dump({"domain": "images", "metric": "accuracy", "trials": 9}))
    written = {"format": 1, "from": ".", "digest": "ab", "plugins": [], "provenance": {}, "ended": ended, **notes}
    (folder / "search.json").write_text(json.dumps(written))
    return folder


def refused(ran: Any, *texts: str) -> None:
    said = " ".join(ran.err.split())
    assert ran.code == 2 and said.startswith("Error: ") and "Traceback" not in said
    for text in texts:
        assert text in said, f"{text!r} isn't in {said!r}"


def test_where_nothing_was_searched(run_cli: RunCli, home: Path) -> None:
    refused(run_cli("resume", "--home", home), "There is no search to resume", "there is none at all", "Next:")
    refused(run_cli("resume", "old", "--home", home), "Unknown search 'old'. Choices: none.")


def test_what_does_not_exist_is_told_with_the_near_matches(run_cli: RunCli, home: Path) -> None:
    begun(home, "20260101-100000-images")
    ran = run_cli("resume", "20260101-100001-images", "--home", home)
    refused(ran, "Unknown search '20260101-100001-images'", "Did you mean 20260101-100000-images")


def test_what_is_running(run_cli: RunCli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = begun(home, "s1")
    with held(folder):
        refused(run_cli("resume", "s1", "--home", home), "The search s1 is running.", "Next: Wait for it")


@pytest.mark.parametrize("name", [["s1"], []])
def test_what_has_ended(run_cli: RunCli, home: Path, name: list[str]) -> None:
    begun(home, "s1", ended="9 trials done")
    texts = ["has ended: 9 trials done", "automl search --continue s1"] if name else ["all have ended", "--continue"]
    refused(run_cli("resume", *name, "--home", home), *texts)


def test_what_a_newer_version_has_written(run_cli: RunCli, home: Path) -> None:
    begun(home, "s1", format=99)
    refused(run_cli("resume", "s1", "--home", home), "s1 was written by a newer version", "Update automl")


def test_what_is_damaged(run_cli: RunCli, home: Path) -> None:
    (begun(home, "s1") / "search.json").write_text("{")
    refused(run_cli("resume", "s1", "--home", home), "search.json is damaged", "Start a new search")
