"""What the store already has of a search."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automl.errors import UserError
from automl.tracking import names
from automl.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


@dataclass(frozen=True)
class RecordedRun:
    """A run in the store.

    Args:
        ended: Whether it is complete: its end is written last.
        epochs: Those whose metrics it has; not looked up for what has ended.
        params: Names of its parameters.
        has_inputs: Of a search's: whether it knows of its data, which is written last of what it began with.
        latest: When the last thing that is known of it happened, in ms since the epoch.
    """

    run_id: str
    ended: bool
    epochs: frozenset[int] = frozenset()
    params: frozenset[str] = frozenset()
    has_inputs: bool = False
    latest: int = 0


SEARCH_RUN = -1
"""The search's own place among the numbers of its trials."""


def find_runs(store: Store, experiment: str, search: str, metric: str) -> dict[int, RecordedRun]:
    """The runs of a search by the numbers of its trials; its own under `SEARCH_RUN`. Empty where it was never written.

    Where a request was sent twice, as its answer didn't come, a run may be there twice: all but the one that was
    written on are deleted.

    Raises:
        UserError: The store can't be used.
    """
    client = store.client()
    with store.usable():
        found = client.get_experiment_by_name(experiment)
        runs: dict[int, RecordedRun] = {}
        for run in _runs(client, found.experiment_id, names.SEARCH_NAME, search) if found else ():
            number = int(run.data.tags.get(names.NUMBER, SEARCH_RUN))
            one, other = _recorded(client, run, number, metric), runs.get(number)
            if other is not None:
                one, other = sorted((one, other), key=lambda run: (run.ended, len(run.epochs)), reverse=True)
                client.delete_run(other.run_id)
            runs[number] = one
    return runs


def _recorded(client: "MlflowClient", run: "Run", number: int, metric: str) -> RecordedRun:
    run_id, ended = run.info.run_id, run.info.status in ("FINISHED", "FAILED")
    params, known = frozenset(run.data.params), max(run.info.start_time, run.info.end_time or 0)
    if number == SEARCH_RUN:
        has_inputs = bool(client.get_run(run_id).inputs.dataset_inputs)
        return RecordedRun(run_id, ended, params=params, has_inputs=has_inputs, latest=known)
    # What was confirmed is reported as a whole when the search goes on.
    is_read = not ended or run.data.tags.get(names.ROLE) == names.CONFIRMATION
    history = client.get_metric_history(run_id, f"val_{metric}") if is_read else []
    latest = max([known, *(point.timestamp for point in history)])
    return RecordedRun(run_id, ended, frozenset(point.step for point in history), params, latest=latest)


@dataclass(frozen=True)
class RecordedTrial:
    """A trial as the store has it.

    Args:
        params: Its configuration; all values are texts there.
        state: "finished", "stopped", "failed", "interrupted" or "running".
        plugins: Where the code of its components came from.
        curve: Epoch -> the search's metric on validation.
        figures: Of the trial as a whole ("weights"); of its epochs' metrics the last ones.
        lineage: Which trials it went on from: what it reached is of a schedule, not of its parameters alone.
    """

    number: int
    params: Mapping[str, str]
    state: str
    plugins: tuple[str, ...]
    curve: dict[int, float]
    figures: Mapping[str, float]
    lineage: str = ""


@dataclass(frozen=True)
class RecordedSearch:
    """A search as the store has it.

    Args:
        params: Its settings as texts.
        digest: The beginning of its data's; "" where none was recorded.
    """

    params: Mapping[str, str]
    digest: str
    trials: tuple[RecordedTrial, ...]


def read_search(store: Store, run_id: str) -> RecordedSearch:
    """A search by the id of its run.

    Raises:
        UserError: The store can't be used, there is no such run in it, or the run isn't that of a search.
    """
    from mlflow.exceptions import MlflowException

    client = store.client()
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise UserError(
            f"No run {run_id} in the store {store.shown}.", hint="`automl ui` shows the searches and their ids."
        ) from error
    tags = run.data.tags
    if tags.get(names.ROLE) != names.SEARCH:
        parent = f"Its search's is {tags[names.PARENT]}." if names.PARENT in tags else "`automl ui` shows the searches."
        raise UserError(f"The run {run_id} isn't that of a search.", hint=parent)
    data = [used.dataset.digest for used in run.inputs.dataset_inputs]
    metric = f"val_{run.data.params.get('metric')}"
    below = _runs(client, run.info.experiment_id, names.PARENT, run_id)
    trials = [_trial(client, child, metric) for child in below if child.data.tags.get(names.ROLE) == names.TRIAL]
    return RecordedSearch(
        run.data.params, data[0] if data else "", tuple(sorted(trials, key=lambda trial: trial.number))
    )


def _trial(client: "MlflowClient", run: "Run", metric: str) -> RecordedTrial:
    tags = run.data.tags
    plugins = tuple(filter(None, tags.get(names.PLUGINS, "").split("; ")))
    curve = {point.step: point.value for point in client.get_metric_history(run.info.run_id, metric)}
    number, state = int(tags[names.NUMBER]), tags.get(names.STATE, "running")
    lineage = tags.get(names.LINEAGE, "")
    return RecordedTrial(number, run.data.params, state, plugins, curve, run.data.metrics, lineage)


def _runs(client: "MlflowClient", experiment_id: str, tag: str, value: str) -> Iterator["Run"]:
    """All runs with that tag, page by page."""
    token = None
    while True:
        page = client.search_runs([experiment_id], f"tags.`{tag}` = '{value}'", max_results=1000, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
