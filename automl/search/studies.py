"""Opening the study of a search: to go on with it, or to read what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend

from automl.errors import UserError
from automl.search.folders import journal_of
from automl.search.journal import SingleWriterJournal
from automl.search.notes import Notes, study_of
from automl.search.samplers import make_sampler
from automl.search.storage import Storage

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

    from automl.search.runner import Plan


def open_study(plan: Plan) -> tuple[Study, Storage]:
    """The search's Optuna study, and its storage; what it held before is there again.

    Raises:
        UserError: It is damaged, a newer version wrote it, its storage is away, or trials have begun and it is gone.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url, folder, directions = plan.experiment.storage, plan.folder, plan.objectives.directions
    study, storage = _in_database(url, folder, directions) if url else _in_journal(folder, directions)
    experiment, objectives = plan.experiment, len(study.directions)
    study.sampler = make_sampler(experiment.sampler, plan.space, experiment.seed, objectives=objectives)
    return study, storage


def read_trials(notes: Notes) -> list[FrozenTrial]:
    """The trials of a search as they are now, running or not; it is only read.

    Raises:
        UserError: The storage can't be used.
    """
    url = notes.experiment.storage
    if not url:
        journal = JournalStorage(_Snapshot(journal_of(notes.folder)))
        return [trial for study in journal.get_all_studies() for trial in journal.get_all_trials(study._study_id)]
    from automl.search.connection import connect

    database = connect(url)
    if notes.study not in optuna.get_all_study_names(database):  # killed before it was made
        return []
    return optuna.load_study(study_name=notes.study, storage=database).get_trials(deepcopy=False)


def _in_journal(folder: Path, directions: Sequence[Any]) -> tuple[Study, Storage]:
    path, name = journal_of(folder), folder.name
    _check(path.exists(), path, folder)
    try:
        journal = JournalStorage(SingleWriterJournal(path))
    except AssertionError as error:  # what Optuna says to an operation that it doesn't know
        raise UserError(
            f"{path} holds what Optuna {optuna.__version__} doesn't know: a newer version wrote it.",
            hint="Update automl and Optuna.",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged: {error!r}.", hint="Restore it, or start a new search.") from error
    study = optuna.create_study(study_name=name, storage=journal, directions=list(directions), load_if_exists=True)
    return study, Storage()


def _in_database(url: str, folder: Path, directions: Sequence[Any]) -> tuple[Study, Storage]:
    from automl.search.connection import connect
    from automl.search.database import DatabaseStorage

    database, name = connect(url), study_of(folder)
    _check(name in optuna.get_all_study_names(database), url, folder)
    storage = DatabaseStorage(database, name, directions)
    return optuna.load_study(study_name=name, storage=storage.memory), storage


def _check(is_there: bool, where: Path | str, folder: Path) -> None:
    """Refuses to go on with the files of trials that no study knows."""
    if not is_there and (folder / "trials").exists():
        raise UserError(
            f"The study of {folder.name} is gone: {where} doesn't have it.", hint="Restore it, or start a new search."
        )


class _Snapshot(BaseJournalBackend):
    """A journal as it is now, for reading: its search may be running, so not even a torn line is touched."""

    def __init__(self, path: Path) -> None:
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        self._logs = [json.loads(line) for line in lines]

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        return self._logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        raise AssertionError(f"for reading only, got {logs}")
