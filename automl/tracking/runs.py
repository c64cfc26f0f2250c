"""The runs of one search in the store, as the thread that writes them knows them."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from automl.errors import Notice
from automl.tracking import names
from automl.tracking.experiment import open_experiment
from automl.tracking.recorded import SEARCH_RUN
from automl.tracking.store import Store
from automl.tracking.update import Action, RunUpdate, in_one_line
from automl.tracking.views import charts, charts_key, charts_url, files_url, leaderboard, leaderboard_url, view_key

if TYPE_CHECKING:
    from mlflow import MlflowClient


class Runs:
    """Made on the first use, written on where the store has them.

    Args:
        store: Where to.
        experiment: Name of the MLflow experiment, made if it isn't there.
        search: Name of the search.
        description: Of it, in Markdown.
        metric: That trials are ranked by.
        minimize: Whether the smallest value is the best.
        axes: Parameters that the charts compare trials by.
        ids: Of the runs that the store has, by the number of their trial.
    """

    def __init__(
        self,
        store: Store,
        *,
        experiment: str,
        search: str,
        description: str,
        metric: str,
        minimize: bool,
        axes: Sequence[str],
        ids: Mapping[int, str],
    ) -> None:
        self.ids = dict(ids)
        self.names: dict[int, str] = {SEARCH_RUN: search}
        self.experiment_id = ""
        self._store = store
        self._experiment = experiment
        self._search = search
        self._description = description
        self._metric = metric
        self._minimize = minimize
        self._axes = tuple(axes)
        self._client: MlflowClient | None = None

    def open(self) -> None:
        """Opens the store and the search's page; a second call does nothing."""
        if self._client is not None:
            return
        client = self._store.client()
        self.experiment_id = open_experiment(client, self._experiment, self._store.artifact_location)
        if SEARCH_RUN not in self.ids:
            self._create(client, SEARCH_RUN, RunUpdate())
        parent = self.ids[SEARCH_RUN]
        key = view_key(self._search, parent)
        views = {
            key: leaderboard(parent, self._metric, minimize=self._minimize),
            charts_key(key): charts(parent, self._metric, self._axes, minimize=self._minimize),
        }
        latest = leaderboard_url("", self.experiment_id, key).lstrip("/")
        note = f"{self._description}\n\nLatest search: [{self._search}]({latest}), best trials first."
        tags = {names.EXPERIMENT_KIND: "custom_model_development", names.NOTE: note}
        tags |= {names.SHARED_VIEW + name: view for name, view in views.items()}
        for name, value in tags.items():
            client.set_experiment_tag(self.experiment_id, name, value)
        self._client = client

    def write(self, number: int, update: RunUpdate) -> None:
        """Writes to the run of a trial, or of the search."""
        assert self._client is not None, "opened before each delivery"
        if number not in self.ids:
            self._create(self._client, number, update)
            update = replace(update, tags={})
        update.write(self._client, self.ids[number])

    def note_with_links(self, note: str, number: int | None) -> Action:
        """Describes the search, with links to its pages and to a run's files, whose addresses are known once both are
        written."""

        def action(client: "MlflowClient", run_id: str) -> None:
            key = view_key(self._search, self.ids[SEARCH_RUN])
            pages = {
                "leaderboard": leaderboard_url("", self.experiment_id, key),
                "charts": charts_url("", self.experiment_id, key),
                "report and leaderboard as files": files_url("", self.experiment_id, self.ids[SEARCH_RUN]),
            }
            if number in self.ids:
                pages["figures and tables of the test"] = files_url("", self.experiment_id, self.ids[number])
            links = ", ".join(f"[{what}]({page.lstrip('/')})" for what, page in pages.items())
            client.set_tag(run_id, names.NOTE, f"{note}\n\nTo look at: {links}.")

        return action

    def tell(self, error: Exception | None) -> None:
        """Says that the store is away, with what it failed with; or, with None, that it is back."""
        where = f"The MLflow store {self._store.shown}"
        away = f"{where} is away ({in_one_line(str(error))}). Training goes on; what is to be written there waits."
        warnings.warn(away if error else f"{where} is back; what has waited is written.", Notice, stacklevel=2)

    def tags(self, role: str) -> dict[str, str]:
        """What each run has."""
        return {
            names.ROLE: role,
            names.SEARCH_NAME: self._search,
            names.USER: names.user_name(),
            names.SOURCE: "automl search",
            names.SOURCE_TYPE: "LOCAL",
        }

    def _create(self, client: "MlflowClient", number: int, update: RunUpdate) -> None:
        """Makes the run of a trial or of the search, with its tags: written later, they take a transaction more."""
        # All by which it is found again, should the search be killed before anything else of it is written.
        tags = self.tags(names.SEARCH if number == SEARCH_RUN else names.TRIAL)
        if number != SEARCH_RUN:
            tags |= {names.PARENT: self.ids[SEARCH_RUN], names.NUMBER: str(number)}
        tags |= update.short_tags
        run = client.create_run(self.experiment_id, update.created, tags, self.names[number])
        self.ids[number] = run.info.run_id
