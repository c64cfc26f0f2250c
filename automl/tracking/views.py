"""What MLflow's user interface shows of a search: its leaderboard and its charts, each opened by its address.

The format of the shared view is internal to MLflow (seen to work in 3.17). Where it isn't understood, the page still
opens, with MLflow's own columns.
"""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from automl.tracking import names

_PARAMS = ("training.lr",)  # More would push the components out of sight.
AXES = 4
RUNS = 50


def view_key(search: str, parent_run_id: str) -> str:
    """The name that a search's shared view is kept under: on a shared server two searches may have one name."""
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', search)}-{parent_run_id[:6]}"


def leaderboard_url(base: str, experiment_id: str, key: str) -> str:
    """The address of a search's trials, best first. `base` is the user interface's address."""
    # Without the workflow type the page opens in the mode for language model applications, with no model registry.
    path = f"/#/experiments/{experiment_id}/runs?viewStateShareKey={key}&workflowType=machine_learning"
    return base.rstrip("/") + path


def charts_url(base: str, experiment_id: str, key: str) -> str:
    """The address of a search's charts."""
    return f"{leaderboard_url(base, experiment_id, charts_key(key))}&compareRunsMode=CHART"


def charts_key(key: str) -> str:
    """The name that the charts of the search of that `view_key` are kept under."""
    return f"{key}-charts"


def model_url(base: str, name: str, version: str) -> str:
    """The address of a registered version's page."""
    return f"{base.rstrip('/')}/#/models/{quote(name)}/versions/{version}?workflowType=machine_learning"


def files_url(base: str, experiment_id: str, run_id: str) -> str:
    """The address of a run's files. `base` is the user interface's address."""
    return f"{base.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}/artifacts"


def leaderboard(parent_run_id: str, metric: str, *, minimize: bool) -> str:
    """The shared view (JSON): the search's trials, best first."""
    columns = [
        f"tags.`{names.STATE}`",
        f"metrics.`{names.best(metric)}`",
        f"tags.`{names.COMPONENTS}`",
        "attributes.`Models`",
        *(f"params.`{name}`" for name in _PARAMS),
        "attributes.`Duration`",
    ]
    return json.dumps(_trials(parent_run_id, metric, minimize) | {"selectedColumns": columns})


def charts(parent_run_id: str, metric: str, params: Sequence[str], *, minimize: bool) -> str:
    """The shared view (JSON) of charts: what the best trials have in common, how they learned, what they cost.

    Args:
        params: Of parallel coordinates; more than `AXES` wouldn't be shown.
    """
    best, section = names.best(metric), "automl"
    shown = {"metricSectionId": section, "deleted": False, "isGenerated": False}
    parallel = {"selectedParams": list(params[:AXES]), "selectedMetrics": [best], "showAllRuns": True}
    line = {
        "metricKey": f"val_{metric}",
        "selectedMetricKeys": [f"val_{metric}"],
        "xAxisKey": "step",
        "scaleType": "linear",
        "lineSmoothness": 0,
        "selectedXAxisMetricKey": "",
        "xAxisScaleType": "linear",
        "useGlobalLineSmoothing": True,
        "useGlobalXaxisKey": True,
        "selectedYAxisMetricKey": "metric",
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "range": {},
    }
    cost = {"xaxis": {"key": "seconds", "type": "METRIC"}, "yaxis": {"key": best, "type": "METRIC"}}
    cards: dict[str, dict[str, Any]] = {"PARALLEL": parallel, "LINE": line, "SCATTER": cost, "BAR": {"metricKey": best}}
    own = {
        "runsHiddenMode": "SHOW_ALL",
        "isAccordionReordered": True,  # or sections of metrics go before it, by the alphabet
        "compareRunSections": [
            {"uuid": section, "name": "Search", "display": True, "isReordered": False}
            | {"deleted": False, "isGenerated": False}
        ],
        "compareRunCharts": [
            shown | {"type": kind, "uuid": kind.lower(), "runsCountToCompare": RUNS} | card
            for kind, card in cards.items()
        ],
    }
    return json.dumps(_trials(parent_run_id, metric, minimize) | own)


def _trials(parent_run_id: str, metric: str, minimize: bool) -> dict[str, Any]:
    """The search's trials, best first."""
    return {
        "searchFilter": f"tags.`{names.PARENT}` = '{parent_run_id}' and tags.`{names.ROLE}` = '{names.TRIAL}'",
        "orderByKey": f"metrics.`{names.best(metric)}`",
        "orderByAsc": minimize,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
    }
