"""What a worker makes of errors, without Ray's processes."""

import errno
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from automl.errors import DiskFull, TrialError
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


@pytest.mark.parametrize(("size_mb", "fits"), [(1.0, True), (1.2, False)])
def test_a_model_that_is_too_big_for_its_share_of_the_disk_cap_is_its_configurations_fault(
    size_mb: float, fits: bool
) -> None:
    actor = TrialActor.__new__(TrialActor)
    actor._begin({"number": 0, "configuration": {}})
    actor._settings = SimpleNamespace(disk_share=10_000_000, constraints=())
    task = SimpleNamespace(num_outputs=2)
    actor._data = SimpleNamespace(source=SimpleNamespace(val_targets=np.zeros(100, np.int64), task=task))
    actor._costs = {"size_mb": size_mb}
    if fits:
        actor._check_costs()
        return
    with pytest.raises(TrialError, match="too big for its share of the disk cap, 10 MB"):
        actor._check_costs()
