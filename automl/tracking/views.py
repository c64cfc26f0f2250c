"""The leaderboard: what MLflow's user interface shows of a search when opened by `leaderboard_url`.

The format of the shared view is internal to MLflow (seen to work in 3.17). Where it isn't understood, the page still
opens, with MLflow's own columns.
"""

import json
import re

from automl.tracking import names

_PARAMS = ("training.lr",)  # More would push the components out of sight.


def view_key(search: str, parent_run_id: str) -> str:
    """The name that a search's shared view is kept under: on a shared server two searches may have one name."""
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', search)}-{parent_run_id[:6]}"


def leaderboard_url(base: str, experiment_id: str, key: str) -> str:
    """The address of a search's trials, best first. `base` is the user interface's address."""
    # Without the workflow type the page opens in the mode for language model applications, with no model registry.
    path = f"/#/experiments/{experiment_id}/runs?viewStateShareKey={key}&workflowType=machine_learning"
    return base.rstrip("/") + path


def files_url(base: str, experiment_id: str, run_id: str) -> str:
    """The address of a run's files. `base` is the user interface's address."""
    return f"{base.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}/artifacts"


def leaderboard(parent_run_id: str, metric: str, *, minimize: bool) -> str:
    """The shared view (JSON): the search's trials, best first."""
    best = f"metrics.`{names.best(metric)}`"
    state = {
        "searchFilter": f"tags.`{names.PARENT}` = '{parent_run_id}' and tags.`{names.ROLE}` = '{names.TRIAL}'",
        "orderByKey": best,
        "orderByAsc": minimize,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": [
            f"tags.`{names.STATE}`",
            best,
            f"tags.`{names.COMPONENTS}`",
            *(f"params.`{name}`" for name in _PARAMS),
            "attributes.`Duration`",
        ],
    }
    return json.dumps(state)
