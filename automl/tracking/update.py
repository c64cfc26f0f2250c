"""What waits to be written to one run: plain values, so that the one who records them needs no mlflow."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow's limits (mlflow.utils.validation): entries of one batch, and characters of a value.
_METRICS_PER_BATCH = 800  # with 100 parameters and 100 tags: the 1,000 that one batch may hold
_OTHERS_PER_BATCH = 100
_PARAM_LENGTH = 6000
_TAG_LENGTH = 8000

Action = Callable[["MlflowClient", str], None]


class Clock:
    """Milliseconds since the epoch, as MLflow counts, in the order of what happened: the wall clock is read once, and
    what becomes of it afterwards changes nothing."""

    def __init__(self) -> None:
        self._ahead = time.time_ns() - time.monotonic_ns()

    def __call__(self) -> int:
        return (self._ahead + time.monotonic_ns()) // 1_000_000

    def follow(self, moment: int) -> None:
        """What comes now is after that moment of an earlier process, even where the wall clock was put back since."""
        self._ahead = max(self._ahead, moment * 1_000_000 - time.monotonic_ns())


now = Clock()


@dataclass(frozen=True, kw_only=True)
class RunUpdate:
    """Additions to one run. Writing the same twice changes nothing, so a failed write is simply repeated.

    Args:
        metrics: (name, value, time in ms, step) each.
        actions: Called with the client and the run's id.
        ended: MLflow's status and the time in ms at which the run ended.
    """

    metrics: tuple[tuple[str, float, int, int], ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[Action, ...] = ()
    ended: tuple[str, int] | None = None
    created: int = field(default_factory=now)

    def followed_by(self, newer: "RunUpdate") -> "RunUpdate":
        """Both in one."""
        return replace(
            self,
            metrics=self.metrics + newer.metrics,
            params={**self.params, **newer.params},
            tags={**self.tags, **newer.tags},
            actions=self.actions + newer.actions,
            ended=newer.ended or self.ended,
        )

    @property
    def short_tags(self) -> dict[str, str]:
        """The tags, no longer than MLflow keeps them."""
        return {key: cut(value, _TAG_LENGTH) for key, value in self.tags.items()}

    def write(self, client: "MlflowClient", run_id: str) -> None:
        """In as few transactions as there can be. The end comes last: a finished run is complete."""
        from mlflow.entities import Metric, Param, RunTag

        metrics = [Metric(*metric) for metric in self.metrics]
        params = [Param(key, cut(value, _PARAM_LENGTH)) for key, value in self.params.items()]
        tags = [RunTag(key, value) for key, value in self.short_tags.items()]
        while metrics or params or tags:
            client.log_batch(run_id, metrics[:_METRICS_PER_BATCH], params[:_OTHERS_PER_BATCH], tags[:_OTHERS_PER_BATCH])
            del metrics[:_METRICS_PER_BATCH], params[:_OTHERS_PER_BATCH], tags[:_OTHERS_PER_BATCH]
        for action in self.actions:
            action(client, run_id)
        if self.ended is not None:
            status, time_ms = self.ended
            client.set_terminated(run_id, status, time_ms)


def points(metrics: Mapping[str, float], step: int) -> tuple[tuple[str, float, int, int], ...]:
    """Metrics as they are written. Infinities and NaN are left out: MLflow keeps inf as 1.8e308, which wins a sort."""
    time_ms = now()
    return tuple((key, float(value), time_ms, step) for key, value in metrics.items() if math.isfinite(value))


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def short(figures: Mapping[str, float]) -> dict[str, float]:
    """MLflow's tables cut long numbers in the middle of their digits."""
    return {key: float(f"{value:.6g}") if abs(value) < 1e5 else value for key, value in figures.items()}


def in_one_line(text: str) -> str:
    """The line that says it: a traceback's last one, else the first."""
    lines = text.strip().splitlines() or [""]
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]


def texts(values: Mapping[str, object]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items()}
