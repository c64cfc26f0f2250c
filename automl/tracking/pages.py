"""Where a search is shown in MLflow's user interface."""

from typing import TYPE_CHECKING

from automl.errors import UserError, unknown
from automl.tracking import names
from automl.tracking.store import Store
from automl.tracking.views import leaderboard_url, view_key

if TYPE_CHECKING:
    from mlflow.entities import Run

LAST = "last"
EXPERIMENTS = "/#/experiments?workflowType=machine_learning"
KNOWN = 1000
"""Searches that a name is looked for among, the latest ones."""


def find_page(store: Store, search: str | None) -> str:
    """The address of a search's leaderboard, below that of the user interface.

    Args:
        search: Its name; `last` or None: the latest one. Where there is none at all, None gives the experiments.

    Raises:
        UserError: There is no such search.
    """
    client = store.client()
    with store.usable():
        experiments = [found.experiment_id for found in client.search_experiments(max_results=KNOWN)]
        runs: list[Run] = client.search_runs(
            experiments,
            f"tags.`{names.ROLE}` = '{names.SEARCH}'",
            order_by=["attributes.start_time DESC"],
            max_results=1 if search in (None, LAST) else KNOWN,
        )
    known: dict[str, Run] = {}
    for run in runs:
        known.setdefault(run.data.tags.get(names.SEARCH_NAME, ""), run)
    if search is None and not known:
        return EXPERIMENTS
    if search == LAST and not known:
        raise UserError("There is no search yet.", hint="`automl search` starts one.")
    name = next(iter(known)) if search in (None, LAST) else search
    assert name is not None, "one of both"
    if name not in known:
        raise unknown("search", name, known)
    run = known[name]
    return leaderboard_url("", run.info.experiment_id, view_key(name, run.info.run_id))
