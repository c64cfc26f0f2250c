"""A trial of a search that was run before."""

from __future__ import annotations

from pathlib import Path

from automl.errors import UserError
from automl.search.earlier import LAST
from automl.search.folders import SEARCHES
from automl.search.notes import FILE, Notes, find_search
from automl.search.records import TrialRecord, ranked
from automl.search.studies import read_trials


def past_search(home: Path, name: str) -> Notes:
    """A search by its name, `last` for the latest.

    Raises:
        UserError: There is no such search, or its notes are damaged.
    """
    if name != LAST:
        return find_search(home, name)
    names = sorted(path.parent.name for path in (home / SEARCHES).glob(f"*/{FILE}"))
    if not names:
        raise UserError(
            f"There is no search in {home}.", hint="`automl search` starts one; --home names another folder."
        )
    return find_search(home, names[-1])


def past_trial(notes: Notes, number: int | None = None) -> TrialRecord:
    """A trial of a search by its number; None: its winner.

    Raises:
        UserError: There is no such trial, it hasn't ended, or none gave a model.
    """
    found = {trial.number: trial for trial in read_trials(notes)}
    begun = {number: trial.user_attrs for number, trial in found.items() if "configuration" in trial.user_attrs}
    ended = {
        number: TrialRecord.from_dict(number, known["configuration"], known["record"])
        for number, known in begun.items()
        if "record" in known
    }
    name = notes.folder.name
    if number is None:
        best = ranked(ended.values())
        if not best:
            raise UserError(
                f"No trial of {name} gave a model.", hint="Name one by its number, as `automl ui` shows it."
            )
        return ended.get(notes.winner, best[0]) if notes.winner is not None else best[0]
    if number in ended:
        return ended[number]
    if number in begun and found[number].state.name == "RUNNING":
        raise UserError(
            f"Trial {number} of {name} hasn't ended, so it isn't known yet what it will have been trained with.",
            hint=f"Go on with the search first: automl resume {name}",
        )
    known = ", ".join(map(str, sorted(ended))) or "none"
    raise UserError(f"The search {name} has no trial {number}.", hint=f"Its trials: {known}.")
