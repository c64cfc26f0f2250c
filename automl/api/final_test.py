"""The one time that the test split is read: by the winner, also refitted or combined with others, by the default, by
the trivial baseline."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from automl.api.combination import combine
from automl.api.entities import entity_note, entity_rows
from automl.api.messages import worst_confusions
from automl.api.registering import baseline
from automl.api.tested import Scores, Tested, run_model
from automl.evaluation.coverage import Coverage, cover
from automl.evaluation.decision import Cost, Policy, flags, policies
from automl.evaluation.groups import Comparison, compare
from automl.evaluation.interval import RESAMPLES, Estimate, gain
from automl.evaluation.rejection import Rejection
from automl.search.confirm import Candidate, Verdict, folder_of, run_weights
from automl.search.folders import predictions_of
from automl.search.records import TrialRecord
from automl.search.runner import Plan, SearchResult

if TYPE_CHECKING:
    from automl.training.bundle import Part


@dataclass(frozen=True)
class FinalTest:
    """What it came to.

    Args:
        run: The winner's run whose weights were tested.
        winner: That run on test.
        refitted: The winner trained on train and validation together; None where it wasn't.
        combined: The combination of trials; None where the winner alone was better on validation.
        default, baseline: Metrics on test of the default configuration (empty where it gave no model) and of the
            trivial baseline.
        validation: Metrics on validation of the model to register.
        bundle: Its folder: of the refitted one or the combination, where there is one.
        notes: The gain over the default, the selection bias, calibration and so on, a sentence each.
        policies: Where a threshold is asked for, it beside others on test.
        groups: Those of the protected columns, as the model to register treats them on test.
        coverage: Of messages, how much of test the model to register answers, and how often rightly.
        confusions: Of messages, the worst pairs of classes, a sentence each.
    """

    run: TrialRecord
    winner: Tested
    refitted: Tested | None
    combined: Tested | None
    default: Scores
    baseline: Scores
    validation: Scores
    bundle: Path
    notes: tuple[str, ...]
    policies: tuple[Policy, ...] = ()
    groups: tuple[Comparison, ...] = ()
    coverage: Coverage | None = None
    confusions: tuple[str, ...] = ()

    @property
    def fairness(self) -> tuple[str, ...]:
        """How far the groups of each protected column are apart, a sentence each."""
        return tuple(map(str, self.groups))

    @property
    def scope(self) -> dict[str, Estimate]:
        """Figures of the model to register where it may answer that no class fits."""
        return self.coverage.figures if self.coverage and self.registered.adjustment.rejection else {}

    @property
    def registered(self) -> Tested:
        """The model to register."""
        return self.combined or self.refitted or self.winner


def run_test(plan: Plan, result: SearchResult, verdict: Verdict) -> FinalTest:
    """Tests what `verdict` chose."""
    data, bundle, name = plan.data, plan.folder / "winner", plan.metric.name
    home = plan.folder.parents[1]
    inputs, targets = data.test.inputs, data.test.targets
    run = verdict.winner.best_run(plan.folder)
    winner = _of_run(plan, run, inputs, bundle)
    default, gained = _default(plan, verdict, winner, inputs)
    notes = [gained, *_confirmed(verdict, name)]
    refitted, refit = None, result.refit
    if refit and refit.weights:
        parts = [_part(plan, refit.weights, run)]
        refitted = run_model(plan, parts, inputs, bundle, home=home, adjustment=winner.adjustment)
        notes.append(
            f"Refitted on train + validation for {refit.epochs} epochs: test {name} {refitted.scores[name]:.4f}, "
            f"before {winner.scores[name]:.4f}."
        )
    elif refit:
        notes.append(f"Not refitted on train + validation: {refit.reason}.")
    validation = {key.removeprefix("val_"): value for key, value in run.best.items() if key.startswith("val_")}
    combined = None
    if combination := combine(plan, result.trials, run):
        parts, known = combination.parts(plan), combination.predicted
        combined = run_model(plan, parts, inputs, bundle, home=home, validated=known)
        notes.append(
            f"Ensemble of {len(combination.trials)} trials: validation {name} {combination.validation[name]:.4f}, the "
            f"winner alone {validation[name]:.4f}; test {combined.scores[name]:.4f}, the winner alone "
            f"{winner.scores[name]:.4f}: {combination}."
        )
        validation = combination.validation
    tested = FinalTest(
        run, winner, refitted, combined, default, baseline(data, targets), validation, bundle, tuple(notes)
    )
    if not data.task.is_classification:
        return tested
    model = tested.registered
    found = [entity_note(entity_rows(data, model))] if data.task.is_per_word else []
    return replace(
        tested,
        notes=(*notes, *found, model.calibrated(targets)),
        policies=_policies(plan, model),
        groups=_groups(plan, model),
        coverage=_coverage(plan, model),
        confusions=worst_confusions(data, model) if _is_of_messages(plan) else (),
    )


def _coverage(plan: Plan, model: Tested) -> Coverage | None:
    """Of messages; where one class is always the answer, by its probability."""
    task, targets, seed = plan.data.task, plan.data.test.targets, plan.experiment.seed
    if not _is_of_messages(plan):
        return None
    rejection = model.adjustment.rejection or Rejection("", "softmax", 0.0)
    return cover(rejection, task.class_names, model.predictions, targets, model.energies, seed=seed)


def _is_of_messages(plan: Plan) -> bool:
    """Whether each message has a class."""
    return plan.data.task.is_text and not plan.data.task.is_per_word


def _groups(plan: Plan, model: Tested) -> tuple[Comparison, ...]:
    experiment, data = plan.experiment, plan.data
    columns = {name: data.test.columns[name] for name in experiment.protected}
    flagged = flags(model.predictions, model.adjustment.threshold)
    return compare(columns, flagged, data.test.targets, data.task.class_names, seed=experiment.seed)


def _policies(plan: Plan, model: Tested) -> tuple[Policy, ...]:
    experiment, threshold = plan.experiment, model.adjustment.threshold
    if threshold is None:
        return ()
    cost = Cost(**experiment.cost) if experiment.cost else None
    return policies(model.predictions, plan.data.test.targets, threshold, cost, seed=experiment.seed)


def _of_run(plan: Plan, run: TrialRecord, inputs: np.ndarray, bundle: Path, resamples: int = RESAMPLES) -> Tested:
    known = predictions_of(folder_of(plan.folder, run), run.number)
    validated = np.load(known) if known.exists() else None
    parts = [_part(plan, run_weights(plan.folder, run), run)]
    home = plan.folder.parents[1]
    return run_model(plan, parts, inputs, bundle, home=home, validated=validated, resamples=resamples)


def _part(plan: Plan, weights: Path, run: TrialRecord) -> Part:
    from automl.training.bundle import Part

    return Part(weights, run.configuration, plan.data.members)


def _default(plan: Plan, verdict: Verdict, winner: Tested, inputs: np.ndarray) -> tuple[Scores, str]:
    """Metrics of the default configuration on test, by its best run on validation, and how much better the winner is,
    in a sentence."""
    default = verdict.default
    run = default.best_run(plan.folder) if default else None
    if default is None or run is None or not run_weights(plan.folder, run).exists():
        return {}, "The gain over the default isn't known: no trial with the default configuration gave a model."
    if default.trial is verdict.winner.trial:
        return winner.scores, "The default configuration itself won: there is no gain over it."
    folder = plan.folder / "default"
    theirs = _of_run(plan, run, inputs, folder, resamples=0)
    shutil.rmtree(folder)
    seed, targets = plan.experiment.seed, plan.data.test.targets
    found = gain(plan.metric, winner.predictions, theirs.predictions, targets, seed=seed)
    if found is None:
        return theirs.scores, f"The gain over the default isn't known: {plan.metric.name} isn't defined on test."
    stopped = "" if run.status == "finished" else f", which was stopped after epoch {run.epoch}"
    sign = "+" if found.value >= 0 else ""
    return theirs.scores, f"Gain over the default on test{stopped}: {plan.metric.name} {sign}{found}."


def _confirmed(verdict: Verdict, metric: str) -> list[str]:
    """What training with other seeds has shown."""
    key, found, notes = f"val_{metric}", verdict.found, []
    if len(verdict.candidates) > 1:
        means = (f"trial {_number(c)} {c.mean(key):.4f} ({len(c.runs)} seeds)" for c in verdict.candidates)
        notes.append(f"Validation {metric} on average: {', '.join(means)}.")
    if found.again:
        again = fmean(run.best[key] for run in found.again)
        notes.append(
            f"Selection bias: validation {metric} of trial {_number(found)} was {found.trial.best[key]:.4f} in the "
            f"search and is {again:.4f} with other seeds (mean of {len(found.again)})."
        )
    return notes


def _number(candidate: Candidate) -> int:
    return candidate.trial.number
