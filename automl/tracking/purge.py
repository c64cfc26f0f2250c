"""Runs of a search that nobody needs any more, and deleting them."""

import sqlite3
import subprocess
import sys
from collections.abc import Collection
from contextlib import closing, suppress

from automl.errors import UserError
from automl.tracking import names
from automl.tracking.store import Store, environment

AT_A_TIME = 500
"""Runs of one command line."""


def find_losers(store: Store, search: str, keep: Collection[str]) -> list[str]:
    """The ids of the runs of a search's trials, without its winner's and those of `keep`.

    None at all where the store is shared and has several searches of that name: one of them may be somebody else's.

    Raises:
        UserError: The store can't be used.
    """
    client = store.client()
    with store.usable():
        experiments = [found.experiment_id for found in client.search_experiments(max_results=1000)]
        runs, token = [], None
        while True:
            condition = f"tags.`{names.SEARCH_NAME}` = '{search}'"
            page = client.search_runs(experiments, condition, max_results=1000, page_token=token)
            runs += page
            token = page.token
            if not token:
                break
    searches = [run for run in runs if run.data.tags.get(names.ROLE) == names.SEARCH]
    if len(searches) > 1 and not store.is_own:
        return []
    trials = (run for run in runs if run.data.tags.get(names.ROLE) in (names.TRIAL, names.CONFIRMATION))
    return [run.info.run_id for run in trials if names.WINNER not in run.data.tags and run.info.run_id not in keep]


def delete_runs(store: Store, run_ids: Collection[str]) -> bool:
    """Deletes runs with their files: for good in the home's own database, else into the store's trash, which
    `mlflow gc` empties where the server is. Whether it was for good.

    Raises:
        UserError: The store can't be used.
    """
    client, ids = store.client(), list(run_ids)
    with store.usable():
        for run_id in ids:
            client.delete_run(run_id)
    if not store.is_own or not ids:
        return not ids
    for start in range(0, len(ids), AT_A_TIME):
        command = [sys.executable, "-m", "mlflow", "gc", "--backend-store-uri", store.tracking_uri]
        command += ["--run-ids", ",".join(ids[start : start + AT_A_TIME])]
        done = subprocess.run(command, env=environment(store), capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip() or "no reason given").splitlines()[-1]
            raise UserError(f"mlflow gc failed: {last}", hint="The runs are deleted, their files aren't: try again.")
    # The file doesn't shrink by itself; where another process reads it, it will the next time.
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(str(store.database))) as connection:
        connection.execute("VACUUM")
    return True
