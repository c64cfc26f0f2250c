"""The end of a search: the winner is tested once, packed and registered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from automl.api.files import FOLDER, write_files
from automl.api.final_test import FinalTest, run_test
from automl.api.registering import evidence_of, register_tested
from automl.api.telling import summary, tell
from automl.config import Experiment
from automl.errors import UserError
from automl.evaluation.coverage import Coverage
from automl.evaluation.decision import Policy
from automl.evaluation.groups import Comparison
from automl.evaluation.interval import Estimate
from automl.files import is_full
from automl.search.recording import without_winner
from automl.search.records import TrialRecord
from automl.search.reruns import seed_of, title
from automl.search.runner import Plan, SearchResult
from automl.tracking import Store, Tracker, names
from automl.tracking.markdown import escape

if TYPE_CHECKING:
    from automl.registry import Registered
    from automl.search.confirm import Verdict


@dataclass(frozen=True)
class Outcome:
    """What a search gave.

    Args:
        test, baseline: Metrics on the test split of the winner and of the trivial baseline; empty without a winner.
        registered: The winner's place in the registry.
        leaderboard: Address of the search's page, below that of the MLflow UI.
        run: The winner's run that `test` is of: its trial, or one with another seed.
        refitted: Metrics on the test split of the winner trained on train and validation; empty where it wasn't.
        combined: Metrics on the test split of the combination of trials; empty where the winner alone is registered.
        figures: Metrics on the test split of the registered model, each with its interval.
        default: Metrics on the test split of the default configuration; empty where it gave no model.
        notes: The gain over the default, the selection bias, the refit and calibration, a sentence each.
        policies: Where a threshold was asked for, it beside others on the test split.
        groups: Those of the protected columns, as the registered model treats them on the test split.
        coverage: Of messages, how much of the test split the registered model answers, and how often rightly.
        confusions: Of messages, the worst pairs of classes, a sentence each.
        unrecorded: Why not all of it is in MLflow; "" where it is. `resume_search` makes up for it.
    """

    name: str
    home: Path
    experiment: Experiment
    result: SearchResult
    test: dict[str, float]
    baseline: dict[str, float]
    registered: Registered | None
    leaderboard: str
    run: TrialRecord | None = None
    refitted: dict[str, float] = field(default_factory=dict)
    combined: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Estimate] = field(default_factory=dict)
    default: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    groups: tuple[Comparison, ...] = ()
    coverage: Coverage | None = None
    confusions: tuple[str, ...] = ()
    unrecorded: str = ""

    @property
    def best(self) -> TrialRecord | None:
        """The winner's trial."""
        return self.result.best


def conclude(plan: Plan, store: Store, tracker: Tracker, result: SearchResult) -> Outcome:
    """Tests the winner (the one time that the test split is read) and registers it."""
    if result.front:
        tracker.front({trial.number for trial in result.front})
    if result.verdict is None:
        tracker.search_summary(metrics={}, note=without_winner(result), winner=None)
        tell(plan, store, tracker, result)
        return _outcome(plan, store, tracker, result)
    tested = run_test(plan, result, result.verdict)
    _record(plan, tracker, result, result.verdict, tested)
    registered, unrecorded = _try_to_register(plan, store, tracker, result, result.verdict, tested)
    tell(plan, store, tracker, result, tested, registered)
    return replace(_outcome(plan, store, tracker, result, tested, registered), unrecorded=unrecorded)


def _outcome(
    plan: Plan,
    store: Store,
    tracker: Tracker,
    result: SearchResult,
    tested: FinalTest | None = None,
    registered: Registered | None = None,
) -> Outcome:
    address = tracker.leaderboard_url("")
    if tested is None:
        return Outcome(plan.folder.name, store.home, plan.experiment, result, {}, {}, None, address)
    return Outcome(
        plan.folder.name,
        store.home,
        plan.experiment,
        result,
        tested.winner.scores,
        tested.baseline,
        registered,
        address,
        run=tested.run,
        refitted=tested.refitted.scores if tested.refitted else {},
        combined=tested.combined.scores if tested.combined else {},
        figures=tested.registered.figures,
        default=tested.default,
        notes=tested.notes,
        policies=tested.policies,
        groups=tested.groups,
        coverage=tested.coverage,
        confusions=tested.confusions,
    )


def _record(plan: Plan, tracker: Tracker, result: SearchResult, verdict: Verdict, tested: FinalTest) -> None:
    """Passes on to MLflow what won."""
    run = tested.run
    scores = tested.winner.scores
    figures = {
        **names.with_interval("test_", tested.winner.figures),
        **(names.with_interval("refit_test_", tested.refitted.figures) if tested.refitted else {}),
        **(names.with_interval("ensemble_", tested.combined.figures) if tested.combined else {}),
        **(names.with_interval("test_", tested.scope)),
        **{f"default/test_{name}": value for name, value in tested.default.items()},
        **{f"baseline/test_{name}": value for name, value in tested.baseline.items()},
    }
    tracker.tested(run.number, run.best_epoch, figures)
    tracker.artifact(write_files(plan, tested), "", number=run.number)
    tracker.search_summary(
        metrics={names.SEARCH_BEST: run.best[f"val_{plan.metric.name}"], "trials": len(result.trials)}
        | {f"test_{name}": value for name, value in scores.items()},
        note="\n\n".join(map(escape, summary(plan, result, tested))),
        winner=verdict.winner.trial.number,
        files=run.number,
    )


def _try_to_register(
    plan: Plan, store: Store, tracker: Tracker, result: SearchResult, verdict: Verdict, tested: FinalTest
) -> tuple[Registered | None, str]:
    """Where it can't be done now, why: what was trained and tested isn't lost with it."""
    try:
        tracker.flush()
        return _register(plan, store, tracker, result, verdict, tested), ""
    except Exception as error:  # stores of files have errors of their own
        if is_full(error):
            raise
        return None, error.message if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def _register(
    plan: Plan, store: Store, tracker: Tracker, result: SearchResult, verdict: Verdict, tested: FinalTest
) -> Registered:
    run = tested.run
    evidence = evidence_of(
        plan,
        tested.registered,
        tested.bundle,
        search=plan.folder.name,
        trial=title(run) + _treatment(tested),
        components=names.components(run.configuration),
        validation=tested.validation,
        test_default=tested.default,
        seeds=[seed_of(plan.experiment.seed, own) for own in verdict.winner.runs],
        notes=(*tested.notes, f"Curve, gains and groups: the folder {FOLDER} of the source run."),
        groups=tested.groups,
        training=_training(result, run),
    )
    return register_tested(
        plan, store, tested.registered, evidence, tested.bundle, tracker.run_id(run.number), by="automl search"
    )


def _training(result: SearchResult, run: TrialRecord) -> list[str]:
    seconds = sum(trial.seconds for trial in result.trials)
    own = f"This one was trained for {run.seconds:,.0f} s; epochs: {run.epoch}."
    return [f"{len(result.trials)} trials were trained, for {seconds:,.0f} s in all.", own]


def _treatment(tested: FinalTest) -> str:
    """What the registered model is besides the run that was tested."""
    if tested.combined:
        return ", in an ensemble with others"
    return ", refitted on train + validation" if tested.refitted else ""
