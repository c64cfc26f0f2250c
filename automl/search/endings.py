"""How a trial, or a run with another seed, has ended."""

from automl.search.budget import StopSignal
from automl.search.records import INTERRUPTED, TIME_BUDGET, Report, TrialRecord


def end_with(record: TrialRecord, last: Report | None, stop: StopSignal) -> None:
    """Takes in how a trial has ended; where it must be mended before the search can go on, the search pauses.

    Args:
        last: Its last report, taken in already if it was of an epoch: still `running` where the scheduler stopped it.
            None where the worker died, or was ended as time is up.
    """
    if last is None and stop.is_overdue:
        record.status, record.reason = "stopped", TIME_BUDGET
    elif last is None:
        again = " again" if record.deaths else ""
        record.status, record.reason = "failed", f"the worker process died{again} (out of memory?)"
    else:
        if not last.metrics:  # it ended within an epoch
            record.update(last)
        record.status, record.reason, record.error = last.status, last.reason, last.error
        record.diverged = last.diverged
        if last.status == "running":
            record.status, record.reason = "stopped", f"scheduler, after epoch {record.epoch}"
        if last.reason == INTERRUPTED and last.error:
            stop.pause(last.error)
