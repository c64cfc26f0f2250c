"""What MLflow is told of a search."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

from automl.evaluation.constraint import COSTS
from automl.search.folders import reports_of
from automl.search.notes import command_of
from automl.search.objectives import closest
from automl.search.records import INTERRUPTED, Report, TrialRecord
from automl.search.reruns import label, origin, title
from automl.search.runner import Plan, SearchResult
from automl.search.watcher import Watcher
from automl.space import chosen_components
from automl.tracking import Store, Tracker, names
from automl.tracking.recorded import SEARCH_RUN, RecordedRun


def open_tracker(plan: Plan, store: Store, runs: Mapping[int, RecordedRun]) -> Tracker:
    """The tracker of a search, which what it was started with is already reported to.

    Args:
        runs: Those that the store has of it already.
    """
    experiment = plan.experiment
    limits = [f"{experiment.trials} trials"] if experiment.trials else []
    limits += [f"{experiment.time_budget:g} s"] if experiment.time_budget else []
    how = ", ".join([*limits, experiment.sampler])
    what = f"Searching {plan.data.name} for the best {plan.metric.name}: {how}."
    settings = {
        key: value
        for key, value in experiment.model_dump(exclude={"space", "description"}).items()
        if value not in (None, ())
    }
    tracker = Tracker(
        store,
        experiment=experiment.domain,
        search=plan.folder.name,
        description=what,
        params=settings,
        tags={},
        metric=plan.metric.name,
        minimize=plan.metric.minimize,
        axes=_axes(plan),
        runs=runs,
    )
    if SEARCH_RUN not in runs or not runs[SEARCH_RUN].has_inputs:
        _record_inputs(plan, tracker)
    return tracker


def _axes(plan: Plan) -> list[str]:
    """What all trials have a value of, the model first, then how it is trained."""
    common = [parameter.name for parameter in plan.space.searched if parameter.is_active({})]
    return sorted(common, key=lambda name: (name != "model", not name.startswith("training."), name))


def _record_inputs(plan: Plan, tracker: Tracker) -> None:
    data, experiment = plan.data, plan.experiment
    counts = {"train": len(data.train), "val": len(data.val), "test": len(data.test)}
    tracker.artifact((plan.folder / "experiment.yaml").read_text("utf-8"), "experiment.yaml")
    tracker.artifact(command_of(plan.folder) + "\n", "command.txt")
    tracker.artifact("\n".join(data.report.lines()), "data.txt")
    for plugin in plan.plugins:
        tracker.artifact(plugin.text, f"plugins/{Path(plugin.path).stem}-{plugin.sha256[:12]}.py")
    # The last one, see `RecordedRun.has_inputs`.
    tracker.dataset(name=data.name, digest=data.digest, source=str(experiment.data or "built-in"), profile=counts)


class Recorder(Watcher):
    """Passes on to MLflow what happens in a search."""

    def __init__(self, tracker: Tracker, plan: Plan) -> None:
        self._tracker = tracker
        self._metric = plan.metric.name
        self._folder = plan.folder
        self._changing = plan.experiment.scheduler == "pbt"
        self._provenance = {component.key: component.provenance for component in plan.components}
        self._ended: dict[int, TrialRecord] = {}
        tracker.again = lambda number: self._report(self._ended[number])

    def trial_started(self, record: TrialRecord) -> None:
        used = {self._provenance[key] for key in chosen_components(record.configuration)}
        number, seed = origin(record.number)
        self._tracker.trial_started(
            record.number,
            label(record),
            record.configuration,
            plugins=sorted(used),
            of=number if seed > 1 else None,
            settled=not self._may_change(record),
            lineage=lineage(record),
        )

    def trial_took_over(self, record: TrialRecord) -> None:
        self.trial_started(record)

    def _may_change(self, record: TrialRecord) -> bool:
        return self._changing and origin(record.number)[1] == 1

    def trial_recovered(self, record: TrialRecord) -> None:
        """Of a trial that had ended when the search was broken off: what the store hasn't got of it."""
        if not self._tracker.has_ended(record.number):
            self._report(record)

    def _report(self, record: TrialRecord) -> None:
        self.trial_started(record)
        for report in reports_of(self._folder, record.number):
            self.epoch_done(record, report)
        self._finish(record)

    def epoch_done(self, record: TrialRecord, report: Report) -> None:
        # Not before: importing mlflow would take the CPU that the workers need to come up.
        self._tracker.start()
        self._tracker.epoch(record.number, report.epoch, report.metrics)

    def trial_finished(self, record: TrialRecord) -> None:
        self._finish(record)
        self._tracker.catch_up()

    def _finish(self, record: TrialRecord) -> None:
        self._ended[record.number] = record
        figures: dict[str, float] = {"epochs": record.epoch, "seconds": record.seconds, "weights": record.parameters}
        costs = {name: getattr(record, name) for name in COSTS if name != "parameters"}
        figures |= {name: value for name, value in costs.items() if value}
        if record.best:
            figures |= {names.best(self._metric): record.best[f"val_{self._metric}"], "best_epoch": record.best_epoch}
        reason = record.error or record.reason
        if record.lineage:
            schedule = json.dumps([asdict(segment) for segment in record.line], indent=2)
            self._tracker.artifact(schedule, "schedule.json", number=record.number)
        self._tracker.trial_finished(
            record.number,
            status=record.status,
            reason=reason,
            summary=figures,
            params=record.configuration if self._may_change(record) and record.reason != INTERRUPTED else None,
        )


def lineage(record: TrialRecord) -> str:
    """Whose training it goes on from: "trial 2 until epoch 6, trial 0 until epoch 12"; "" where it is all its own."""
    parts = pairwise(record.line)
    return ", ".join(f"trial {part.number} until epoch {following.since}" for part, following in parts)


def told(
    plan: Plan, result: SearchResult, best: TrialRecord, test: dict[str, float], notes: Iterable[str]
) -> list[str]:
    """What won and by how much, a paragraph each, in plain words; `best` is the run that was tested."""
    name, front = plan.metric.name, result.front
    others = f" It is one of {len(front)} trials on the Pareto front." if front else ""
    return [
        f"Winner: trial {title(best)}, validation {name} {best.best[f'val_{name}']:.4f}, test {name} {test[name]:.4f}.",
        f"{names.components(best.configuration)}, best of {len(result.trials)} trials on {plan.data.name}; "
        f"ended by: {result.ended_by}.{others}",
        *notes,
    ]


def without_winner(result: SearchResult) -> str:
    """Why there is no winner, in plain words."""
    nearest = closest(result.trials)
    if nearest is None:
        return f"No trial gave a model ({result.ended_by})."
    return (
        f"No trial keeps to the constraints ({result.ended_by}). Closest: trial "
        f"{names.run_name(nearest.number, nearest.model)}: {'; '.join(nearest.broken)}."
    )
