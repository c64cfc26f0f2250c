"""Training the winner once more, on train and validation together: more data for the model that is used.

Nothing is left to validate on then, so the epochs are those after which the winner was best, and what validation had
decided in that run (a plateau of the learning rate, say) is decided in the same way again: see `Trainer`'s `repeats`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.files import readable
from automl.search.budget import StopSignal
from automl.search.confirm import SLACK, START, folder_of
from automl.search.folders import reports_of, weights_of
from automl.search.keep import bytes_written
from automl.search.records import Report, TrialRecord
from automl.search.reruns import FIRST, Reruns, again

if TYPE_CHECKING:
    from automl.data import Dataset, Split
    from automl.evaluation import Metric

BELOW = "refitted"
"""Folder in the search's that the run writes to."""

SHARE = 0.5
"""Part of the time budget that is set aside for it, at most; what takes longer isn't refitted."""


@dataclass(frozen=True)
class Refit:
    """What came of it.

    Args:
        weights: None where it wasn't done; `reason` says why.
    """

    epochs: int
    weights: Path | None
    reason: str = ""


def seconds_needed(run: TrialRecord, data: Dataset) -> float:
    """How long the refit of a run takes, by the run's own pace."""
    growth = (len(data.train) + len(data.val)) / len(data.train)
    return START + SLACK * growth * run.best_epoch * run.seconds / max(1, run.epoch)


def bytes_needed(run: TrialRecord, data: Dataset) -> int:
    """The disk that the refit of a run takes, at most: its files, and the joined images where memory hasn't room."""
    joined = data.train.inputs.nbytes + data.val.inputs.nbytes if isinstance(data.train.inputs, np.memmap) else 0
    return joined + bytes_written(run.size_mb)


def refit(
    run: TrialRecord,
    data: Dataset,
    metric: Metric,
    *,
    search: Path,
    stop: StopSignal,
    make_room: Callable[[int], int],
    train: Callable[[Reruns, Dataset, tuple[float, ...]], None],
) -> Refit:
    """Trains the configuration of `run` on train and validation together, with its seed, if there is time and room.

    Args:
        run: A trial, or a run with another seed.
        make_room: Asked for so many bytes of disk; returns how many are missing.
        train: Runs what it is given on such data with such `repeats`, writing to `BELOW`.
    """
    repeats = _curve(run, metric, search)
    repeated = again(run, run.number)
    reruns = Reruns([repeated], folder=search / BELOW, stop=stop, watchers=[])
    if reruns.waits and seconds_needed(run, data) > stop.seconds_left:
        return Refit(len(repeats), None, "the time budget has no room for it")
    if reruns.waits and (missing := make_room(bytes_needed(run, data))):
        return Refit(len(repeats), None, f"the disk has no room for it, {readable(missing)} are missing")
    if reruns.waits:
        joined = search / BELOW / "inputs.npy"
        train(reruns, together(data, joined), repeats)
        joined.unlink(missing_ok=True)
    if repeated.status == "finished":
        return Refit(len(repeats), weights_of(search / BELOW, run.number))
    return Refit(len(repeats), None, repeated.reason or stop.reason() or "")


def together(data: Dataset, file: Path) -> Dataset:
    """The data with train and validation joined as train. `file` holds the images where memory doesn't."""
    one, other = data.train, data.val
    targets = np.concatenate([one.targets, other.targets])
    joined = replace(one, inputs=_joined(one, other, file), targets=targets, ids=(*one.ids, *other.ids))
    return replace(data, train=joined)


def _joined(one: Split, other: Split, file: Path) -> np.ndarray:
    if not isinstance(one.inputs, np.memmap):
        return np.concatenate(_as_wide(one.inputs, other.inputs))
    file.parent.mkdir(parents=True, exist_ok=True)
    shape = (len(one) + len(other), *one.inputs.shape[1:])
    written = np.lib.format.open_memmap(file, mode="w+", dtype=one.inputs.dtype, shape=shape)
    written[: len(one)], written[len(one) :] = one.inputs, other.inputs
    written.flush()
    mapped: np.ndarray = np.load(file, mmap_mode="r")
    return mapped


def _as_wide(*rows: np.ndarray) -> list[np.ndarray]:
    """Rows of texts (N, L), zeros behind the shorter ones of a split; all others have one shape."""
    if rows[0].ndim != 2:
        return list(rows)
    widest = max(own.shape[1] for own in rows)
    return [np.pad(own, ((0, 0), (0, widest - own.shape[1]))) for own in rows]


def _curve(run: TrialRecord, metric: Metric, search: Path) -> tuple[float, ...]:
    """The metric after each epoch up to the best one, signed so that higher is better."""
    sign = -1 if metric.minimize else 1
    values = [sign * report.metrics[f"val_{metric.name}"] for report in _reports(run, search)[: run.best_epoch]]
    return tuple(value if math.isfinite(value) else -math.inf for value in values)


def _reports(run: TrialRecord, search: Path) -> list[Report]:
    """Of each epoch that led to what the run is; those before a trial went on from another one are the other's."""
    if run.number >= FIRST:
        return reports_of(folder_of(search, run), run.number)
    ends = [*(segment.since for segment in run.line[1:]), run.epoch]
    parts = ((segment, end, reports_of(search, segment.number)) for segment, end in zip(run.line, ends, strict=True))
    return [report for part, end, reports in parts for report in reports if part.since < report.epoch <= end]
