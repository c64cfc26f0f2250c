"""The one writer to MLflow: a thread on the driver, so that training never waits for MLflow."""

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Self

from automl.errors import SearchPaused, UserError
from automl.files import is_full
from automl.tracking import names
from automl.tracking.actions import with_data, with_file
from automl.tracking.outbox import Outbox
from automl.tracking.recorded import SEARCH_RUN, RecordedRun
from automl.tracking.runs import Runs
from automl.tracking.store import Store
from automl.tracking.update import RunUpdate, cut, in_one_line, now, points, short, texts
from automl.tracking.views import leaderboard_url, view_key


class Tracker:
    """Records one search. All methods return at once, except `flush` and `close`, which wait for the store.

    What can't be written is kept and tried again, at the latest when `close` is called, which then raises. As a
    context manager it ends the search's run on exit as FINISHED, KILLED (interrupted) or FAILED.

    Args:
        store: Where to.
        experiment: Name of the MLflow experiment, made if it isn't there.
        search: Name of the search.
        description: What is searched and why, in Markdown; a plain first sentence.
        params: Settings of the search.
        tags: Added to the search's run.
        metric: The metric that trials are ranked by; a trial's best value is reported as `names.best(metric)`.
        minimize: Whether the smallest value is the best.
        axes: Parameters that the charts compare trials by, four at most.
        runs: What the store has already of a search that is resumed (`find_runs`): it is written on.
    """

    def __init__(
        self,
        store: Store,
        *,
        experiment: str,
        search: str,
        description: str,
        params: Mapping[str, object],
        tags: Mapping[str, str],
        metric: str,
        minimize: bool,
        axes: Sequence[str] = (),
        runs: Mapping[int, RecordedRun] | None = None,
    ) -> None:
        self._store = store
        self._search = search
        self._recorded = dict(runs or {})
        now.follow(max((run.latest for run in self._recorded.values()), default=0))
        self._runs = Runs(
            store,
            experiment=experiment,
            search=search,
            description=description,
            metric=metric,
            minimize=minimize,
            axes=axes,
            ids={number: run.run_id for number, run in self._recorded.items()},
        )
        self.again: Callable[[int], None] | None = None
        """Reports a whole trial anew that has ended; where it is set, not all is kept while the store is away."""
        self._live: set[int] = set()
        self._ended: set[int] = set()
        self._confirming: set[int] = set()
        self._closed = False
        self._outbox = Outbox(self._runs.open, self._runs.write, tell=self._runs.tell, may_drop=self._may_drop)
        note = {names.NOTE: description, names.STATE: "running"}
        # MLflow refuses a parameter that has changed, as a limit does when a search is given more budget.
        recorded = self._recorded[SEARCH_RUN].params if SEARCH_RUN in self._recorded else frozenset()
        settings = {key: value for key, value in texts(params).items() if key not in recorded}
        self._post(SEARCH_RUN, RunUpdate(params=settings, tags={**self._runs.tags(names.SEARCH), **note, **tags}))

    def start(self) -> None:
        """Starts the thread, which imports mlflow and opens the store (seconds of CPU) while the caller goes on.

        What was reported before waits. A second call does nothing.
        """
        self._outbox.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is None:
            self.close()
            return
        try:
            goes_on = not isinstance(error, Exception) or isinstance(error, SearchPaused) or is_full(error)
            self.close("KILLED" if goes_on else "FAILED")
        except UserError as unwritten:
            if error is not None:  # What ended the search matters more.
                error.add_note(str(unwritten))

    # What happens in the search

    def trial_started(
        self,
        number: int,
        name: str,
        params: Mapping[str, object],
        *,
        plugins: Sequence[str] = (),
        of: int | None = None,
        settled: bool = True,
        lineage: str = "",
    ) -> None:
        """A trial begins, or goes on with other parameters.

        Args:
            name: Short: the model's, say. The number is put before it.
            plugins: Where the code of its components came from, with version or hash.
            of: The trial that it confirms with another seed; then it has no place on the leaderboard.
            settled: Whether the parameters stay. MLflow never lets go of one, so others come with `trial_finished`.
            lineage: Which trials it went on from.
        """
        self._runs.names[number] = names.run_name(number if of is None else of, name)
        self._live.add(number)
        if of is not None:
            self._confirming.add(number)
        own = {names.NUMBER: str(number), names.STATE: "running", names.COMPONENTS: names.components(params)}
        own |= {names.PLUGINS: "; ".join(plugins)} if plugins else {}
        own |= {names.RUN_NAME: self._runs.names[number], names.LINEAGE: lineage} if lineage else {}
        role = names.TRIAL if of is None else names.CONFIRMATION
        self._post(number, RunUpdate(params=texts(params) if settled else {}, tags={**self._runs.tags(role), **own}))

    def epoch(self, number: int, epoch: int, metrics: Mapping[str, float]) -> None:
        """What one epoch gave; values that aren't finite are left out, and so is what the store has already."""
        if number in self._recorded and epoch in self._recorded[number].epochs:
            return
        self._post(number, RunUpdate(metrics=points(metrics, epoch)))

    def tested(self, number: int, epoch: int, metrics: Mapping[str, float]) -> None:
        """What a model gave on the test split, at the epoch that it is of."""
        self._post(number, RunUpdate(metrics=points(metrics, epoch)))

    def trial_finished(
        self,
        number: int,
        *,
        status: str,
        reason: str,
        summary: Mapping[str, float],
        params: Mapping[str, object] | None = None,
    ) -> None:
        """The end of a trial.

        Args:
            number: The trial's.
            status: "finished", "stopped" or "failed".
            reason: One line; the whole traceback where it failed.
            summary: Figures of the trial as a whole, with `names.best(metric)` among them.
            params: Where they weren't settled before.
        """
        self._live.discard(number)
        if number not in self._confirming:
            self._ended.add(number)
        failed = status == "failed"
        line = cut(in_one_line(reason), 250)
        note = f"{status.capitalize()}: {line}" + (f"\n\n```\n{reason[-7000:]}\n```" if failed else "")
        tags = {names.STATE: status, names.REASON: line, names.NOTE: note}
        ended = ("FAILED" if failed else "FINISHED", now())
        metrics = points(short(summary), 0)
        self._post(number, RunUpdate(metrics=metrics, params=texts(params or {}), tags=tags, ended=ended))

    def search_summary(
        self, *, metrics: Mapping[str, float], note: str, winner: int | None, files: int | None = None
    ) -> None:
        """What the search came to: on its run, and the winner marked among the trials.

        Args:
            metrics: With names that no trial has (`names.SEARCH_BEST`), or the search would rank among its trials.
            note: Markdown; the first line says what won. Replaces the description.
            winner: The number of the best trial.
            files: The run whose files the note links to.
        """
        tags = {} if winner is None else {names.WINNER: str(winner)}
        self._post(SEARCH_RUN, RunUpdate(metrics=points(short(metrics), 0), tags=tags))
        self.note(note, files=files)
        if winner is not None:
            self._post(winner, RunUpdate(tags={names.WINNER: "true", names.COLOR: names.WINNER_COLOR}))

    def note(self, note: str, *, files: int | None = None) -> None:
        """Says on the search's page what it came to: Markdown, to which links to its pages are added.

        Args:
            files: The run whose files it links to, too.
        """
        self._post(SEARCH_RUN, RunUpdate(tags={names.NOTE: note}))
        self._post(SEARCH_RUN, RunUpdate(actions=(self._runs.note_with_links(note, files),)))

    def front(self, numbers: Set[int]) -> None:
        """Marks the trials on the Pareto front; those of a resumed search that were on it lose the mark."""
        for number in (self._recorded.keys() | numbers) - {SEARCH_RUN}:
            self._post(number, RunUpdate(tags={names.PARETO: str(number in numbers).lower()}))

    def dataset(self, *, name: str, digest: str, source: str, profile: Mapping[str, object]) -> None:
        """The data that is searched on: a fingerprint, the folder or address, and figures such as the rows' number."""
        self._post(SEARCH_RUN, RunUpdate(actions=(with_data(name, digest, source, profile),)))

    def artifact(self, content: Path | str, name: str, *, number: int | None = None) -> None:
        """A file: `content` is its path (kept there until written) or its text.

        Args:
            content: Path of an existing file or folder, or text.
            name: Path in the run ("experiment.yaml", "figures/roc.png"). A file's or folder's own name is kept, and
                `name` is the folder that it is put into ("" is the top).
            number: The trial that it belongs to; None is the search.
        """
        self._post(SEARCH_RUN if number is None else number, RunUpdate(actions=(with_file(content, name),)))

    def has_ended(self, number: int) -> bool:
        """Whether the store has a trial complete, from before this search was resumed."""
        return number in self._recorded and self._recorded[number].ended

    # Ids, known once written

    @property
    def parent_run_id(self) -> str:
        """The search's run; `flush` first."""
        return self._runs.ids[SEARCH_RUN]

    @property
    def experiment_id(self) -> str:
        """MLflow's id of the experiment; `flush` first."""
        return self._runs.experiment_id

    def run_id(self, number: int) -> str:
        """A trial's run; `flush` first."""
        return self._runs.ids[number]

    def leaderboard_url(self, base: str) -> str:
        """The page of this search's trials, best first; "" where it has none yet. `base` is the interface's address."""
        if SEARCH_RUN not in self._runs.ids:
            return ""
        return leaderboard_url(base, self._runs.experiment_id, view_key(self._search, self.parent_run_id))

    # Waiting for the store

    def check(self) -> None:
        """Raises what the last write failed with, as a UserError. A later write may mend it."""
        error = self._outbox.error
        if isinstance(error, UserError):
            raise error
        if error is not None:
            raise UserError(
                f"Can't write to the MLflow store {self._store.shown}: {in_one_line(str(error))}",
                hint="Is the server up, and is there space on the disk?",
            ) from error

    def catch_up(self) -> bool:
        """Has reported again what wasn't kept while the store was away, as much as is kept at a time; whether any."""
        dropped = self._outbox.take_dropped()
        for number in dropped:
            assert self.again is not None, "or it would have been kept"
            self.again(number)
        return bool(dropped)

    def flush(self) -> None:
        """Waits until everything so far is written, or a try has failed; not for ever for a store that doesn't answer.

        Raises:
            UserError: Something couldn't be written.
        """
        self._outbox.flush()
        while self.catch_up():
            self._outbox.flush()
        self.check()

    def close(self, status: str = "FINISHED") -> None:
        """Ends the search's run (FINISHED, KILLED or FAILED) and those of trials still running, and the thread.

        Raises:
            UserError: Something couldn't be written.
        """
        if self._closed:
            return
        self._closed = True
        for number in sorted(self._live):
            tags = {names.STATE: "interrupted", names.REASON: "The search ended before this trial did."}
            self._post(number, RunUpdate(tags=tags, ended=("KILLED", now())))
        with suppress(UserError):  # the last delivery tells
            self.flush()
        state = {"FINISHED": "finished", "KILLED": "interrupted", "FAILED": "failed"}[status]
        self._post(SEARCH_RUN, RunUpdate(tags={names.STATE: state}, ended=(status, now())))
        self._outbox.close()
        self.check()

    def _post(self, number: int, update: RunUpdate) -> None:
        self._outbox.post(number, update)

    def _may_drop(self, number: int) -> bool:
        return self.again is not None and number in self._ended and number not in self._runs.ids
