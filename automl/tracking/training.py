"""The run of one training that belongs to no search: `automl train`."""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from automl.errors import UserError
from automl.tracking import names
from automl.tracking.experiment import open_experiment
from automl.tracking.outbox import Outbox
from automl.tracking.store import Store
from automl.tracking.update import RunUpdate, in_one_line, now, points, short, texts

if TYPE_CHECKING:
    from mlflow import MlflowClient

_RUN = 0


class TrainingRun:
    """Records it. All methods return at once but `close`; what the store doesn't take at first is tried again.

    As a context manager it ends the run as FINISHED, KILLED (interrupted) or FAILED.

    Args:
        experiment: Name of the MLflow experiment, made if it isn't there.
        name: The run's.
        of: What is trained again: "20261126-144739-images trial 17".
        plugins: Where the code of its components came from.
    """

    def __init__(
        self, store: Store, *, experiment: str, name: str, of: str, params: Mapping[str, object], plugins: str
    ) -> None:
        self._store = store
        self._experiment = experiment
        self._client: MlflowClient | None = None
        self._run_id = ""
        self._name = name
        self._tags = {
            names.ROLE: names.TRAINING,
            names.TRAINED: of,
            names.STATE: "running",
            names.COMPONENTS: names.components(params),
            names.PLUGINS: plugins,
            names.USER: names.user_name(),
            names.SOURCE: "automl train",
            names.SOURCE_TYPE: "LOCAL",
        }
        self._outbox = Outbox(self._open, self._write)
        self._outbox.post(_RUN, RunUpdate(params=texts(params), tags=self._tags))
        self._outbox.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        status = "FINISHED" if kind is None else "FAILED" if issubclass(kind, Exception) else "KILLED"
        state = {"FINISHED": "finished", "KILLED": "interrupted", "FAILED": "failed"}[status]
        reason = {} if error is None else {names.REASON: in_one_line(str(error))}
        self._outbox.post(_RUN, RunUpdate(tags={names.STATE: state, **reason}, ended=(status, now())))
        self._outbox.close()
        if kind is None:
            self._check()

    def epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """What one epoch gave, or a model at that epoch on the test split."""
        self._outbox.post(_RUN, RunUpdate(metrics=points(metrics, epoch)))

    def summary(self, figures: Mapping[str, float], note: str) -> None:
        """What the training as a whole came to; `note` is Markdown for the run's page."""
        self._outbox.post(_RUN, RunUpdate(metrics=points(short(figures), 0), tags={names.NOTE: note}))

    def text(self, content: str, name: str) -> None:
        """A text as a file of the run."""
        self._outbox.post(_RUN, RunUpdate(actions=(lambda client, run_id: client.log_text(run_id, content, name),)))

    @property
    def run_id(self) -> str:
        """The run's id; waits until everything so far is written.

        Raises:
            UserError: Something couldn't be written.
        """
        self._outbox.flush()
        self._check()
        return self._run_id

    def _check(self) -> None:
        error = self._outbox.error
        if error is not None:
            raise UserError(
                f"Can't write to the MLflow store {self._store.shown}: {in_one_line(str(error))}",
                hint="Is the server up, and is there space on the disk?",
            ) from error

    def _open(self) -> None:
        if self._client is None:
            client = self._store.client()
            experiment_id = open_experiment(client, self._experiment, self._store.artifact_location)
            self._run_id = client.create_run(experiment_id, now(), dict(self._tags), self._name).info.run_id
            self._client = client

    def _write(self, number: int, update: RunUpdate) -> None:
        del number
        assert self._client is not None, "opened before each delivery"
        update.write(self._client, self._run_id)
