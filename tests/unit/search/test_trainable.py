"""What a worker makes of errors, without Ray's processes."""

import errno
from pathlib import Path

import pytest

from automl.errors import DiskFull
from automl.search.records import INTERRUPTED, Report
from automl.search.trainable import TrialActor


def step(error: Exception) -> Report:
    """What an actor reports whose epoch fails."""
    actor = TrialActor.__new__(TrialActor)
    actor._begin({"number": 0, "configuration": {}})

    def fail() -> Report:
        raise error

    actor._epoch = fail
    result = actor.step()
    assert result["done"]
    return Report.from_json(result["report"])


@pytest.mark.parametrize(
    "error",
    [
        DiskFull("the disk of /runs is full: 5.0 MB needed, 1.0 MB free"),
        OSError(errno.ENOSPC, "No space left on device", str(Path("/runs/last.safetensors"))),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_no_fault_of_the_trial(error: Exception) -> None:
    report = step(error)
    assert (report.status, report.reason, report.error) == ("stopped", INTERRUPTED, str(error))


def test_another_error_fails_the_trial(tmp_path: Path) -> None:
    report = step(OSError(errno.EACCES, "Permission denied"))
    assert (report.status, report.reason) == ("failed", "PermissionError: [Errno 13] Permission denied")
    assert report.error.startswith("Traceback") and not report.diverged
    assert step(MemoryError("too much")).diverged
