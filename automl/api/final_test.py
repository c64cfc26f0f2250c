"""The one time that the test split is read: by the winner, also refitted or combined with others, by the default, by
the trivial baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.api.combination import combine
from automl.components import Value
from automl.evaluation import baseline_predictions, score
from automl.search.confirm import Candidate, Verdict, run_weights
from automl.search.records import TrialRecord
from automl.search.runner import Plan, SearchResult

if TYPE_CHECKING:
    from automl.data import Dataset
    from automl.training.bundle import Part

Scores = dict[str, float]


@dataclass(frozen=True)
class FinalTest:
    """What it came to.

    Args:
        run: The winner's run whose weights were tested.
        test, baseline: Metrics on the test split of the winner and of the trivial baseline.
        refitted: Of the winner trained on train and validation together; empty where it wasn't.
        combined: Of the combination of trials; empty where the winner alone was better on validation.
        validation: Metrics on validation of the model to register.
        bundle: Its folder: of the refitted one or the combination, where there is one.
        notes: The gain over the default, the selection bias and the refit, a sentence each.
    """

    run: TrialRecord
    test: Scores
    baseline: Scores
    refitted: Scores
    combined: Scores
    validation: Scores
    bundle: Path
    notes: tuple[str, ...]


def run_test(plan: Plan, result: SearchResult, verdict: Verdict) -> FinalTest:
    """Tests what `verdict` chose."""
    data, bundle = plan.data, plan.folder / "winner"
    images, targets = data.test.inputs, data.test.targets
    run = verdict.winner.best_run(plan.folder)
    ours = _predictions(plan, run.configuration, run_weights(plan.folder, run), images, bundle)
    gain = _gain(plan, verdict, ours, images, targets)
    test, refitted, refit = score(ours, targets, data.task), {}, result.refit
    name, notes = plan.metric.name, [gain, *_confirmed(verdict, plan.metric.name)]
    if refit and refit.weights:
        refitted = score(_predictions(plan, run.configuration, refit.weights, images, bundle), targets, data.task)
        notes.append(
            f"Refitted on train + validation for {refit.epochs} epochs: test {name} {refitted[name]:.4f}, before "
            f"{test[name]:.4f}."
        )
    elif refit:
        notes.append(f"Not refitted on train + validation: {refit.reason}.")
    validation = {key.removeprefix("val_"): value for key, value in run.best.items() if key.startswith("val_")}
    combined: Scores = {}
    if combination := combine(plan, result.trials, run):
        combined = score(_predicted(plan, combination.parts(plan), images, bundle), targets, data.task)
        notes.append(
            f"Ensemble of {len(combination.trials)} trials: validation {name} {combination.validation[name]:.4f}, the "
            f"winner alone {validation[name]:.4f}; test {combined[name]:.4f}, the winner alone {test[name]:.4f}: "
            f"{combination}."
        )
        validation = combination.validation
    return FinalTest(run, test, baseline(data, targets), refitted, combined, validation, bundle, tuple(notes))


def baseline(data: Dataset, targets: Any) -> Scores:
    """Metrics of the trivial baseline on `targets`."""
    return score(baseline_predictions(data.task, data.train.targets, len(targets)), targets, data.task)


def _predictions(
    plan: Plan, configuration: Mapping[str, Value], weights: Path, images: np.ndarray, bundle: Path
) -> np.ndarray:
    from automl.training.bundle import Part

    return _predicted(plan, [Part(weights, configuration, plan.data.members)], images, bundle)


def _predicted(plan: Plan, parts: Sequence[Part], images: np.ndarray, bundle: Path) -> np.ndarray:
    """Of a model that is packed into `bundle` and loaded from it, as whoever uses it does."""
    from automl.training.bundle import write_bundle
    from automl.training.trained import TrainedModel

    data = plan.data
    write_bundle(bundle, parts=parts, task=data.task, preparation=data.preparation, plugins=plan.plugins)
    return TrainedModel.load(bundle).predict(images)


def _gain(plan: Plan, verdict: Verdict, ours: np.ndarray, images: np.ndarray, targets: np.ndarray) -> str:
    """How much better the winner is than the default configuration, each by its best run on validation."""
    import shutil

    from automl.evaluation.interval import gain

    default = verdict.default
    run = default.best_run(plan.folder) if default else None
    if default is None or run is None or not run_weights(plan.folder, run).exists():
        return "The gain over the default isn't known: no trial with the default configuration gave a model."
    if default.trial is verdict.winner.trial:
        return "The default configuration itself won: there is no gain over it."
    folder = plan.folder / "default"
    theirs = _predictions(plan, run.configuration, run_weights(plan.folder, run), images, folder)
    shutil.rmtree(folder)
    found = gain(plan.metric, ours, theirs, targets, seed=plan.experiment.seed)
    if found is None:
        return f"The gain over the default isn't known: {plan.metric.name} isn't defined on the test split."
    stopped = "" if run.status == "finished" else f", which was stopped after epoch {run.epoch}"
    sign = "+" if found.value >= 0 else ""
    return f"Gain over the default on test{stopped}: {plan.metric.name} {sign}{found}."


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
