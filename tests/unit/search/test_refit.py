import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.data import Dataset, rows_of, texts_of
from automl.data.dataset import Split
from automl.evaluation import METRICS
from automl.search.budget import StopSignal
from automl.search.confirm import SLACK, START
from automl.search.folders import add_report, weights_of
from automl.search.keep import WRITTEN
from automl.search.records import Report, TrialRecord
from automl.search.refit import BELOW, Refit, bytes_needed, refit, seconds_needed, together
from automl.search.reruns import Reruns

VALUES = [0.5, 0.8, float("nan"), 0.9, 0.7]


def split(count: int, start: int) -> Split:
    inputs = np.arange(start, start + count, dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Split(inputs, np.arange(count) % 2, tuple(str(start + n) for n in range(count)))


@pytest.fixture
def data() -> Dataset:
    parts: Any = SimpleNamespace()
    return Dataset("d", parts, split(6, 0), split(3, 6), split(2, 9), parts, parts, "digest")


@pytest.fixture
def trial(tmp_path: Path) -> TrialRecord:
    """Five epochs of two seconds, the fourth was best."""
    for epoch, value in enumerate(VALUES, 1):
        add_report(tmp_path, 7, Report(epoch, {"val_accuracy": value}, False, None, "running"))
    return TrialRecord(7, {"model": "mlp"}, "finished", epoch=5, best_epoch=4, merit=(0.9, 0.0), seconds=10.0)


Refitting = Callable[..., tuple[Refit, list[tuple[Dataset, tuple[float, ...]]]]]


@pytest.fixture
def run(tmp_path: Path, data: Dataset) -> Refitting:
    """run(trial) -> what came of it, and what was trained on: (data, repeats)."""

    def make(
        trial: TrialRecord,
        metric: str = "accuracy",
        left: float | None = None,
        end: Any = "finished",
        free: float = math.inf,
    ) -> tuple[Refit, list[tuple[Dataset, tuple[float, ...]]]]:
        trained = []

        def train(reruns: Reruns, joined: Dataset, repeats: tuple[float, ...]) -> None:
            trained.append((joined, repeats))
            record = reruns.propose()
            assert record is not None
            done = {"train_loss": 0.1} if end == "finished" else {}
            reruns.close(record.number, Report(len(repeats), done, True, (0.9, 0.0), end, "out of memory"))

        stop = StopSignal(tmp_path, left, lambda: 0.0)

        def make_room(size: int) -> int:
            return int(max(0, size - free))

        done = refit(trial, data, METRICS[metric], search=tmp_path, stop=stop, make_room=make_room, train=train)
        return done, trained

    return make


def test_train_and_validation_are_one(data: Dataset, tmp_path: Path) -> None:
    joined = together(data, tmp_path / "inputs.npy")
    np.testing.assert_array_equal(joined.train.inputs.ravel(), np.arange(9))
    np.testing.assert_array_equal(joined.train.targets, [0, 1, 0, 1, 0, 1, 0, 1, 0])
    assert joined.train.ids == tuple(map(str, range(9)))
    assert joined.test is data.test and len(data.train) == 6
    assert not (tmp_path / "inputs.npy").exists()


def test_texts_of_different_lengths_are_joined(data: Dataset, tmp_path: Path) -> None:
    texts = {"train": ["a b c"] * 6, "val": ["a", "b c", "d"]}
    for name, own in texts.items():
        object.__setattr__(getattr(data, name), "inputs", rows_of(own))
    joined = together(data, tmp_path / "inputs.npy").train.inputs
    assert texts_of(joined) == [*texts["train"], *texts["val"]]


def test_images_beyond_the_memory_are_joined_in_a_file(data: Dataset, tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", data.train.inputs)
    object.__setattr__(data.train, "inputs", np.load(tmp_path / "train.npy", mmap_mode="r"))
    joined = together(data, tmp_path / "below" / "inputs.npy").train.inputs
    assert isinstance(joined, np.memmap) and str(joined.filename) == str(tmp_path / "below" / "inputs.npy")
    np.testing.assert_array_equal(joined.ravel(), np.arange(9))


def test_it_trains_for_the_epochs_that_were_best(run: Refitting, trial: TrialRecord, tmp_path: Path) -> None:
    done, ((joined, repeats),) = run(trial)
    assert done == Refit(4, weights_of(tmp_path / BELOW, 7))
    assert repeats == (0.5, 0.8, -np.inf, 0.9), "what validation had said; undefined is worst"
    assert len(joined.train) == 9


def test_of_a_minimized_metric_less_was_better(run: Refitting, trial: TrialRecord, tmp_path: Path) -> None:
    for epoch in range(1, 6):
        add_report(tmp_path, 8, Report(epoch, {"val_log_loss": epoch / 10}, False, None, "running"))
    trial.number = 8
    assert run(trial, "log_loss")[1][0][1] == (-0.1, -0.2, -0.3, -0.4)


def test_what_was_refitted_before_a_break_is_not_trained_again(run: Refitting, trial: TrialRecord) -> None:
    first, trained = run(trial)
    again, nothing = run(trial)
    assert first == again and trained and not nothing


def test_without_time_it_is_left_out_and_said(run: Refitting, trial: TrialRecord, data: Dataset) -> None:
    needed = seconds_needed(trial, data)
    assert needed == pytest.approx(START + SLACK * 8 * 9 / 6)
    done, trained = run(trial, left=needed - 0.1)
    assert done == Refit(4, None, "the time budget has no room for it") and not trained
    assert run(trial, left=needed + 0.1)[0].weights


def test_without_room_on_the_disk_it_is_left_out_and_said(
    run: Refitting, trial: TrialRecord, data: Dataset, tmp_path: Path
) -> None:
    trial.size_mb = 2.0
    needed = bytes_needed(trial, data)
    assert needed == WRITTEN * 2_000_000, "images in memory take no disk"
    done, trained = run(trial, free=needed - 1_000_000)
    assert done == Refit(4, None, "the disk has no room for it, 1 MB are missing") and not trained
    assert run(trial, free=needed)[0].weights
    np.save(tmp_path / "train.npy", data.train.inputs)
    object.__setattr__(data.train, "inputs", np.load(tmp_path / "train.npy", mmap_mode="r"))
    assert bytes_needed(trial, data) == needed + 9


def test_after_an_interrupt_it_is_left_out_and_said(run: Refitting, trial: TrialRecord, tmp_path: Path) -> None:
    StopSignal(tmp_path, None).request()
    done, trained = run(trial)
    assert done == Refit(4, None, "interrupted") and not trained


def test_a_failure_is_said(run: Refitting, trial: TrialRecord) -> None:
    assert run(trial, end="failed")[0] == Refit(4, None, "out of memory")
