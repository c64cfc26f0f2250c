"""What is known of a trial, on the driver."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from automl.evaluation.constraint import COSTS
from automl.space import Configuration

Status = Literal["running", "finished", "stopped", "failed"]

INTERRUPTED = "interrupted"
TIME_BUDGET = "time budget"
TOO_SLOW = "too slow"

_NO_MEMORY = ("DefaultCPUAllocator", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""What torch says, on the CPU and on CUDA, where its error has no type of its own."""


def is_out_of_memory(error: Exception) -> bool:
    """Whether a trial asked for more memory than there is: its configuration's fault. Imports no torch."""
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return named or any(text in str(error) for text in _NO_MEMORY)


@dataclass(frozen=True)
class Report:
    """One message of a trial's worker: an epoch, or its end.

    Args:
        epoch: Number of epochs done, from 1.
        metrics: This epoch's figures; empty when no epoch was done (a failure, a stop in the middle).
        merit: The best value so far of (metric, smooth loss), each signed so that higher is better.
        status: `running` while more epochs follow.
        reason: Why it ended, in a few words.
        error: The traceback of a failure; of an interrupted trial, what has to be mended before it can go on.
        diverged: Whether a failure is the configuration's fault: no finite loss, or too little memory.
        parameters: Number of the model's weights. size_mb: of its state, in 10^6 bytes.
        latency_ms, latency_p95_ms: Of predicting one input; with the first epoch's report.
        seconds: Of this epoch; the first one's include building the model.
        progress: The part of the trial's training that is done, 0 to 1; 0 is not known.
    """

    epoch: int
    metrics: dict[str, float]
    is_best: bool
    merit: tuple[float, float] | None
    status: Status
    reason: str = ""
    error: str = ""
    diverged: bool = False
    parameters: int = 0
    size_mb: float = 0.0
    latency_ms: float = 0.0
    latency_p95_ms: float = 0.0
    seconds: float = 0.0
    progress: float = 0.0

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Report":
        raw = json.loads(text)
        return cls(**raw | {"merit": tuple(raw["merit"]) if raw["merit"] else None})


@dataclass(frozen=True)
class Segment:
    """A part of a training: after `since` epochs, trial `number` went on with `configuration`."""

    since: int
    number: int
    configuration: Configuration


@dataclass
class TrialRecord:
    """A trial as the search sees it; `number` is the study's.

    Args:
        configuration: The present one; the study has the one that was proposed.
        lineage: How it came to be, where it goes on from another's checkpoint (`pbt`): its own part is the last one.
        others: Its further objectives, each signed so that higher is better; known when it has ended.
        broken: The constraints that it breaks, for a person -> by how much, as a part of the bound.
        deaths: How often its worker died.
    """

    number: int
    configuration: Configuration
    status: Status = "running"
    reason: str = ""
    error: str = ""
    diverged: bool = False
    epoch: int = 0
    best_epoch: int = 0
    best: dict[str, float] = field(default_factory=dict)
    merit: tuple[float, float] | None = None
    parameters: int = 0
    size_mb: float = 0.0
    latency_ms: float = 0.0
    latency_p95_ms: float = 0.0
    seconds: float = 0.0
    progress: float = 0.0
    others: tuple[float, ...] = ()
    broken: dict[str, float] = field(default_factory=dict)
    deaths: int = 0
    lineage: tuple[Segment, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """All but number and configuration, as JSON has it."""
        return {name: value for name, value in asdict(self).items() if name not in ("number", "configuration")}

    @classmethod
    def from_dict(cls, number: int, configuration: Configuration, kept: Mapping[str, Any]) -> "TrialRecord":
        """What `to_dict` kept; other keys are passed over. `configuration` is the one that was proposed."""
        own = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        own |= {"merit": tuple(own["merit"]) if own["merit"] else None, "others": tuple(own.get("others", ()))}
        lineage = tuple(Segment(**segment) for segment in own.pop("lineage", ()))
        return cls(number, lineage[-1].configuration if lineage else configuration, **own, lineage=lineage)

    def update(self, report: Report) -> None:
        """Takes in a report; the best epoch's metrics are kept, not the last one's."""
        self.epoch = max(self.epoch, report.epoch)
        self.status, self.reason, self.error = report.status, report.reason, report.error
        self.diverged = report.diverged
        for cost in COSTS:
            setattr(self, cost, getattr(report, cost) or getattr(self, cost))
        self.seconds += report.seconds
        self.progress = report.progress or self.progress
        if report.is_best:
            self.best_epoch, self.best, self.merit = report.epoch, report.metrics, report.merit

    @property
    def line(self) -> tuple[Segment, ...]:
        """The parts of its training, from the first epoch on; one, where it is all its own."""
        return self.lineage or (Segment(0, self.number, self.configuration),)

    def take_over(self, lineage: Iterable[Segment]) -> None:
        """It goes on from another's checkpoint: what it had reached by itself doesn't count any more."""
        self.lineage = tuple(lineage)
        self.configuration = self.lineage[-1].configuration
        self.best_epoch, self.best, self.merit = 0, {}, None
        for cost in COSTS:
            setattr(self, cost, 0)

    def beats(self, other: "TrialRecord | None") -> bool:
        """Whether its best epoch is better; equal values of the metric are decided by the other objectives, then by
        the smooth loss. What breaks a constraint beats nothing."""
        if self._rank is None or self.broken:
            return False
        return other is None or other._rank is None or self._rank > other._rank

    @property
    def point(self) -> tuple[float, ...] | None:
        """Its place among the objectives, higher is better; None where the metric isn't defined."""
        if self.merit is None or not math.isfinite(self.merit[0]):
            return None
        return (self.merit[0], *self.others)

    @property
    def _rank(self) -> tuple[float, ...] | None:
        return (*self.point, self.merit[1]) if self.point and self.merit else None

    def figure(self, name: str) -> float | None:
        """One of `COSTS`, or a metric ("auc") of validation at the best epoch; None where it isn't known."""
        if name in COSTS:
            return float(getattr(self, name)) or None
        return self.best.get(f"val_{name}")

    @property
    def model(self) -> str:
        return str(self.configuration["model"])


def ranked(trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Those that may win, best first; of equal ones the first stays the first."""
    able = (trial for trial in trials if trial.beats(None))
    return sorted(able, key=lambda trial: trial._rank or (), reverse=True)
