"""Where the files of a search lie, and who may write them."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl.config import home_option
from automl.errors import SearchPaused, UserError
from automl.files import is_full
from automl.search.records import Report
from automl.training.data import PREDICTIONS

SEARCHES = "searches"


def new_search_folder(home: Path, domain: str) -> Path:
    """Makes `searches/<time>-<domain>`; its name is the search's."""
    stem = time.strftime("%Y%m%d-%H%M%S") + f"-{domain}"
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        folder = home / SEARCHES / (stem + suffix)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:  # another search began in the same second
            continue
        return folder
    raise FileExistsError(folder)


@contextmanager
def held(folder: Path) -> Iterator[str]:
    """Keeps other drivers off a search while the block runs. Gives the token of this run, see `is_current`.

    Raises:
        UserError: Another process runs it.
    """
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"The search {folder.name} is running.", hint="Wait for it, or end it with Ctrl-C where it was started."
            ) from None
        token = f"{os.getpid()}-{time.time_ns()}"
        (folder / "run").write_text(token)
        yield token


@contextmanager
def pausing(folder: Path) -> Iterator[None]:
    """Where the block finds a disk full, the search is paused: all that it has done is in its folder.

    Raises:
        SearchPaused: Instead of the error.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, SearchPaused) or not is_full(error):
            raise
        raise paused(folder, str(error)) from error


def paused(folder: Path, why: str, hint: str = "Make room, then:") -> SearchPaused:
    """The error for a search that can't go on until the user has mended what `why` says; `hint` says how."""
    resume = f"automl resume {folder.name}{home_option(folder.parents[1])}"
    return SearchPaused(f"The search {folder.name} is paused: {why}.", hint=f"{hint} {resume}")


def is_current(folder: Path, token: str) -> bool:
    """Whether the driver with this token still runs the search: a worker may outlive a killed one for a while."""
    try:
        return (folder / "run").read_text() == token
    except OSError:
        return False


def journal_of(search: Path) -> Path:
    """The file of a search's study."""
    return search / "study.journal"


def trial_folder(search: Path, number: int) -> Path:
    """What a trial writes: `trials/0007`."""
    return search / "trials" / f"{number:04d}"


def weights_of(search: Path, number: int) -> Path:
    """A trial's best weights."""
    return trial_folder(search, number) / "best.safetensors"


def predictions_of(search: Path, number: int) -> Path:
    """What a trial's best weights predict for validation, float32 (N, outputs); after a kill it may be missing."""
    return weights_of(search, number).with_name(PREDICTIONS)


def drop_weights(search: Path, number: int) -> None:
    """Deletes a trial's best weights and their predictions."""
    for file in (weights_of(search, number), predictions_of(search, number)):
        file.unlink(missing_ok=True)


def checkpoint_of(search: Path, number: int) -> Path:
    """What a trial that was broken off goes on from; written by its worker after each epoch."""
    return trial_folder(search, number) / "last.safetensors"


def reports_file_of(search: Path, number: int) -> Path:
    """What the driver has noted of a trial's epochs."""
    return trial_folder(search, number) / "reports.jsonl"


def add_report(search: Path, number: int, report: Report) -> None:
    """Notes on the driver what a trial has reported."""
    path = reports_file_of(search, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{report.to_json()}\n")  # a line of its own, even behind one that a kill cut short


def reports_of(search: Path, number: int) -> list[Report]:
    """A trial's epochs in order: those that the driver had noted, then those that its worker alone knows of."""
    return _in_order([*_noted(search, number), *_of_worker(checkpoint_of(search, number))])


def healed_reports_of(search: Path, number: int) -> list[Report]:
    """The same, all of them noted now: the worker's file goes when the trial ends."""
    noted = {report.epoch for report in _in_order(_noted(search, number))}
    reports = reports_of(search, number)
    for report in reports:
        if report.epoch not in noted:
            add_report(search, number, report)
    return reports


def _in_order(lines: list[str]) -> list[Report]:
    reports = {report.epoch: report for report in map(Report.from_json, reversed(lines))}
    return [reports[epoch] for epoch in sorted(reports)]


def _noted(search: Path, number: int) -> list[str]:
    path = reports_file_of(search, number)
    lines = path.read_text("utf-8").split("\n") if path.exists() else []
    return [line for line in lines if _is_whole(line)]


def _is_whole(line: str) -> bool:
    """Whether a kill didn't cut the line short."""
    try:
        return bool(json.loads(line))
    except ValueError:
        return False


def _of_worker(path: Path) -> list[str]:
    from safetensors import safe_open

    if not path.exists():
        return []
    with safe_open(path, framework="numpy") as file:
        reports: list[str] = json.loads(file.metadata()["reports"])
    return reports
