"""The best trials combined into one model, where that is better on validation than the winner alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from automl.evaluation import score
from automl.evaluation.ensemble import select
from automl.search.folders import predictions_of, weights_of
from automl.search.records import TrialRecord
from automl.search.runner import Plan
from automl.training.bundle import Part


@dataclass(frozen=True)
class Combination:
    """Trials that predict together.

    Args:
        shares: Of each in the mean of their predictions; they add up to 1.
        predicted: That mean on validation.
        validation: Metrics on validation.
    """

    trials: tuple[TrialRecord, ...]
    shares: tuple[float, ...]
    predicted: np.ndarray
    validation: dict[str, float]

    def parts(self, plan: Plan) -> list[Part]:
        """As a model has them."""
        return [
            Part(weights_of(plan.folder, trial.number), trial.configuration, plan.data.members, share)
            for trial, share in zip(self.trials, self.shares, strict=True)
        ]

    def __str__(self) -> str:
        shares = (f"{share:.0%} trial {t.number} {t.model}" for t, share in zip(self.trials, self.shares, strict=True))
        return ", ".join(shares)


def combine(plan: Plan, trials: Collection[TrialRecord], winner: TrialRecord) -> Combination | None:
    """The combination of the trials that have kept their weights and predictions, if it beats `winner` on validation.

    None where the experiment wants none: with `ensemble: false`; with `refit`, which trains one configuration; with
    constraints and further objectives, which the combination might not keep.
    """
    experiment, targets = plan.experiment, plan.data.val.targets
    if not experiment.ensemble or experiment.refit or experiment.constraints or experiment.minimize:
        return None
    kept = [trial for trial in trials if trial.beats(None) and weights_of(plan.folder, trial.number).exists()]
    found = [(trial, _predictions(plan, trial)) for trial in kept]
    known = [(trial, predicted) for trial, predicted in found if predicted is not None]
    if len(known) < 2:
        return None
    shares = select([predicted for _, predicted in known], targets, plan.metric, plan.data.task)
    chosen = [(*found, float(share)) for found, share in zip(known, shares, strict=True) if share > 0]
    mean = np.sum([share * predicted for _, predicted, share in chosen], axis=0)
    validation = score(mean, targets, plan.data.task)
    alone = winner.best[f"val_{plan.metric.name}"]
    if len(chosen) < 2 or not plan.metric.better(validation[plan.metric.name], alone):
        return None
    ordered = sorted(chosen, key=lambda part: -part[2])
    return Combination(tuple(trial for trial, *_ in ordered), tuple(share for *_, share in ordered), mean, validation)


def _predictions(plan: Plan, trial: TrialRecord) -> np.ndarray | None:
    """On validation at its best epoch; None where a kill has left none."""
    path = predictions_of(plan.folder, trial.number)
    predicted: np.ndarray | None = np.load(path) if path.exists() else None
    return predicted
