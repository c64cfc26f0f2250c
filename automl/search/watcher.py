"""Who is told what happens in a search."""

from automl.search.records import Report, TrialRecord


class Watcher:
    """Is told on the driver, in order; by default it does nothing."""

    def trial_recovered(self, record: TrialRecord) -> None:
        """A trial had ended before a break."""

    def trial_started(self, record: TrialRecord) -> None:
        """A trial begins, or goes on after a break."""

    def epoch_done(self, record: TrialRecord, report: Report) -> None:
        """A trial has done an epoch."""

    def trial_took_over(self, record: TrialRecord) -> None:
        """A trial goes on from another's checkpoint, as the last part of its lineage says."""

    def trial_finished(self, record: TrialRecord) -> None:
        """A trial has ended."""
