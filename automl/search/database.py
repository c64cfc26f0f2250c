"""A study kept in a database, in Optuna's own tables, where its dashboard and other tools find it.

The search works on a copy in memory, so no reading waits for the database, and one that is away for a while stops
nothing. `save` writes what has changed, in one transaction.
"""

from __future__ import annotations

import copy
import itertools
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from automl.errors import Notice, UserError
from automl.search.connection import in_words, transaction
from automl.search.storage import PATIENCE, Storage

WAIT_AT_MOST = 30.0
"""Seconds between two tries to reach a database that is away: at first one, then twice as many each time."""


@dataclass
class _Row:
    """A trial in the database.

    Args:
        has: What is written there: a copy, as Optuna changes in place what it gives.
    """

    id: int
    has: FrozenTrial


class DatabaseStorage(Storage):
    """One study: in memory, and as of the last `save` in a database.

    Args:
        database: As `connect` gives it.
        name: The study's; it is made where there is none of this name.
    """

    def __init__(
        self,
        database: RDBStorage,
        name: str,
        directions: Sequence[Any],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        made = optuna.create_study(storage=database, study_name=name, directions=list(directions), load_if_exists=True)
        self.memory = InMemoryStorage()
        self._name = name
        self._there, self._here = made._study_id, self.memory.create_new_study(made.directions, name)
        self._attributes: _Attributes = {}
        self._count = 0  # trials in the database
        self._rows: dict[int, _Row] = {}  # those of them that haven't ended there, by number
        self._read()
        self._away_since: float | None = None
        self._wait = 1.0
        self._next_try = 0.0

    @property
    def is_lost(self) -> bool:
        return self._away_since is not None and self._clock() - self._away_since >= PATIENCE

    def save(self) -> bool:
        if self._away_since is not None and self._clock() < self._next_try:
            return False
        try:
            if self._away_since is not None:
                self._read_again()  # the last try may have come through all the same
            attributes, trials = _attributes(self.memory, self._here), self._changed()
            if attributes != self._attributes or trials:
                with transaction(self._database):
                    _set_attributes(self._database, self._there, dict(_new(attributes, self._attributes)))
                    rows = [(trial.number, self._write(trial)) for trial in trials]
                self._attributes = attributes
                self._note(rows)
        except (SQLAlchemyError, StorageInternalError) as error:
            self._failed(error)
            return False
        self._succeeded()
        return True

    # Reading

    def _read(self) -> None:
        self._attributes = _attributes(self._database, self._there)
        _set_attributes(self.memory, self._here, self._attributes)
        trials = self._database.get_all_trials(self._there, deepcopy=False)
        for trial in trials:
            self.memory.create_new_trial(self._here, trial)
        self._note((trial.number, _Row(trial._trial_id, trial)) for trial in trials)

    def _read_again(self) -> None:
        self._attributes = _attributes(self._database, self._there)
        ids = {number: row.id for number, row in self._rows.items()}
        with suppress(KeyError):  # no such number
            for number in itertools.count(self._count):
                ids[number] = self._database.get_trial_id_from_study_id_trial_number(self._there, number)
        self._note((number, _Row(id, self._database.get_trial(id))) for number, id in ids.items())

    def _note(self, rows: Iterable[tuple[int, _Row]]) -> None:
        for number, row in rows:
            self._count = max(self._count, number + 1)
            self._rows[number] = row
            if row.has.state.is_finished():
                del self._rows[number]

    # Writing

    def _changed(self) -> list[FrozenTrial]:
        trials = self.memory.get_all_trials(self._here, deepcopy=False)
        known = [trials[number] for number, row in self._rows.items() if _content(trials[number]) != _content(row.has)]
        return known + trials[self._count :]

    def _write(self, trial: FrozenTrial) -> _Row:
        database, row = self._database, self._rows.get(trial.number)
        if row is None:
            return _Row(self._create(trial), copy.deepcopy(trial))
        had = row.has
        if had.state == TrialState.WAITING != trial.state:
            database.set_trial_state_values(row.id, TrialState.RUNNING)
        for key, value in _new(trial.params, had.params):
            kind = trial.distributions[key]
            database.set_trial_param(row.id, key, kind.to_internal_repr(value), kind)
        for step, value in _new(trial.intermediate_values, had.intermediate_values):
            database.set_trial_intermediate_value(row.id, step, value)
        for key, value in _new(trial.user_attrs, had.user_attrs):
            database.set_trial_user_attr(row.id, key, value)
        for key, value in _new(trial.system_attrs, had.system_attrs):
            database.set_trial_system_attr(row.id, key, value)
        if trial.state.is_finished():
            database.set_trial_state_values(row.id, trial.state, trial.values)
        return _Row(row.id, copy.deepcopy(trial))

    def _create(self, trial: FrozenTrial) -> int:
        made = self._database.create_new_trial(self._there, trial)
        with suppress(KeyError):
            if self._database.get_trial_id_from_study_id_trial_number(self._there, trial.number) == made:
                return made
        raise UserError(
            f"Another program has added trials to the study {self._name}: they would be mixed up with the search's.",
            hint="Take them out of it, then: automl resume",
        )

    # Whether it is there

    def _failed(self, error: Exception) -> None:
        now, self.away = self._clock(), f"the study's storage {self._database.url} is away ({in_words(error)})"
        if self._away_since is None:
            self._away_since, self._wait = now, 1.0
            warnings.warn(f"For now {self.away}. Trials that run go on; no further one begins.", Notice, stacklevel=3)
        self._next_try = now + self._wait
        self._wait = min(2 * self._wait, WAIT_AT_MOST)

    def _succeeded(self) -> None:
        if self._away_since is not None:
            self._away_since, self.away = None, ""
            warnings.warn("The study's storage is back, and has everything.", Notice, stacklevel=3)


_Attributes = dict[tuple[str, str], Any]
"""Of a study: ("user" or "system", name) -> value."""


def _attributes(storage: BaseStorage, study: int) -> _Attributes:
    user, system = storage.get_study_user_attrs(study), storage.get_study_system_attrs(study)
    return {("user", key): value for key, value in user.items()} | {("system", k): v for k, v in system.items()}


def _set_attributes(storage: BaseStorage, study: int, attributes: _Attributes) -> None:
    for (kind, key), value in attributes.items():
        write = storage.set_study_user_attr if kind == "user" else storage.set_study_system_attr
        write(study, key, value)


def _new(now: Mapping[Any, Any], before: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """The entries of `now` that `before` has not, or has otherwise."""
    return ((key, value) for key, value in now.items() if key not in before or before[key] != value)


def _content(trial: FrozenTrial) -> tuple[Any, ...]:
    return trial.state, trial.params, trial.intermediate_values, trial.user_attrs, trial.system_attrs
