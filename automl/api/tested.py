"""One model on the test split: packed, calibrated, given its threshold, and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from automl.api.rejecting import choose_rejection
from automl.config.home import readings_in
from automl.evaluation import METRICS, metrics_of
from automl.evaluation.calibration import AS_IT_IS, Calibration
from automl.evaluation.calibrators import calibrate
from automl.evaluation.decision import Cost, threshold_for_cost, threshold_for_rate
from automl.evaluation.interval import RESAMPLES, Estimate, estimates
from automl.evaluation.rejection import Choice, Rejection, outside_of

if TYPE_CHECKING:
    from automl.components import PluginSource
    from automl.config import Experiment
    from automl.data import Dataset
    from automl.evaluation import Metric
    from automl.training.bundle import Part
    from automl.training.trained import TrainedModel

Scores = dict[str, float]

TOLD = ("log_loss", "brier", "ece")
"""What shows how good probabilities are: told before and after calibration."""


class Setting(Protocol):
    """What a model was trained in, such as the plan of a search."""

    @property
    def experiment(self) -> Experiment: ...
    @property
    def data(self) -> Dataset: ...
    @property
    def metric(self) -> Metric: ...
    @property
    def plugins(self) -> tuple[PluginSource, ...]: ...


@dataclass(frozen=True)
class Adjustment:
    """What is made of a model's probabilities, by what it predicts for validation.

    Args:
        threshold: Where the experiment asks for one.
        choice: When no class is the answer, where the experiment asks for that.
        before, after: `TOLD` on validation, each row calibrated by a fit without it; empty where nothing is calibrated.
        reason: Why nothing is, in a few words.
    """

    calibration: Calibration = AS_IT_IS
    threshold: float | None = None
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    reason: str = ""
    choice: Choice | None = None

    @property
    def rejection(self) -> Rejection | None:
        return self.choice.rejection if self.choice else None


@dataclass(frozen=True)
class Tested:
    """A model on the test split.

    Args:
        uncalibrated, predictions: What it predicts before and after calibration.
        figures: Metrics by name, each with its interval.
        costs: `parameters`, `size_mb`, `latency_ms`, `latency_p95_ms`.
        energies: Of each row, where the rejection goes by them.
        validated: What it predicts for validation, calibrated; None where that isn't known.
    """

    adjustment: Adjustment
    uncalibrated: np.ndarray
    predictions: np.ndarray
    figures: dict[str, Estimate]
    costs: dict[str, float] = field(default_factory=dict)
    energies: np.ndarray | None = None
    validated: np.ndarray | None = None

    @property
    def scores(self) -> Scores:
        """The metrics without their intervals."""
        return {name: figure.value for name, figure in self.figures.items()}

    def calibrated(self, targets: np.ndarray) -> str:
        """What calibration has done, in a sentence."""
        found = self.adjustment
        if found.reason:
            return f"Probabilities aren't calibrated: {found.reason}."
        was, now = _told(self.uncalibrated, targets), _told(self.predictions, targets)
        validation, test = _changes(found.before, found.after), _changes(was, now)
        return f"Probabilities are calibrated by {found.calibration.kind}: on validation {validation}; on test {test}."


def run_model(
    setting: Setting,
    parts: Sequence[Part],
    inputs: np.ndarray,
    bundle: Path,
    *,
    home: Path,
    validated: np.ndarray | None = None,
    adjustment: Adjustment | None = None,
    resamples: int = RESAMPLES,
) -> Tested:
    """Packs a model into `bundle`, loads it from there, as whoever uses it does, and tests it.

    Args:
        inputs: Of the test split.
        home: Whose cache has what was read of texts: several models read the same ones.
        validated: What it predicts for validation, where that is known.
        adjustment: Of another model that is used for this one, which has nothing to validate on.
        resamples: That intervals are of; with many rows and classes they take seconds. 0: there are none.
    """
    from automl.training.bundle import adjust_bundle, write_bundle
    from automl.training.trained import TrainedModel

    data = setting.data
    write_bundle(bundle, parts=parts, task=data.task, preparation=data.preparation, plugins=setting.plugins)
    model = TrainedModel.load(bundle, readings_in(home))
    if adjustment is None:
        adjustment = _adjust(setting, model, validated)
        if label := setting.experiment.rejects:
            choice = choose_rejection(model, adjustment.calibration, data.val, label, validated)
            adjustment = replace(adjustment, choice=choice)
    rejection, energies = adjustment.rejection, None
    adjust_bundle(bundle, adjustment.calibration, adjustment.threshold, rejection)
    if rejection and rejection.score == "energy":
        uncalibrated, energies = model.with_energies(inputs, outside_of(data.task.class_names, rejection.label))
    else:
        uncalibrated = model.uncalibrated(inputs)
    predictions = adjustment.calibration.apply(uncalibrated)
    metrics = {metric.name: metric for metric in metrics_of(data.task)}
    figures = estimates(metrics, predictions, data.test.targets, seed=setting.experiment.seed, resamples=resamples)
    validated = None if validated is None else adjustment.calibration.apply(validated)
    return Tested(adjustment, uncalibrated, predictions, figures, model.costs(inputs), energies, validated)


def _adjust(setting: Setting, model: TrainedModel, validated: np.ndarray | None) -> Adjustment:
    """The calibration and the threshold of a model."""
    experiment, data = setting.experiment, setting.data
    targets, seed = data.val.targets, experiment.seed
    if not data.task.is_classification:
        return Adjustment()
    wanted = experiment.calibrate == "auto"
    if validated is None and not wanted and not experiment.cost and not experiment.flag_rate:
        return Adjustment(reason="it is switched off")
    # With crossed validation the model has seen all of its rows, which says nothing about its probabilities.
    is_known = validated is not None or data.folds is None
    predicted = model.uncalibrated(data.val.inputs) if validated is None else validated
    if not wanted or not is_known:
        reason = "what was predicted for validation is lost" if wanted else "it is switched off"
        return Adjustment(threshold=_threshold(setting, predicted), reason=reason)
    # Images for use come from other sources than those for training, with other shares of the classes.
    choice = calibrate(predicted, targets, setting.metric, seed=seed, shifts=data.task.is_table)
    threshold = _threshold(setting, choice.crossed)
    if choice.reason:
        return Adjustment(threshold=threshold, reason=choice.reason)
    return Adjustment(choice.calibration, threshold, _told(predicted, targets), _told(choice.crossed, targets))


def _threshold(setting: Setting, predicted: np.ndarray) -> float | None:
    experiment = setting.experiment
    if experiment.cost:
        return threshold_for_cost(predicted, setting.data.val.targets, Cost(**experiment.cost))
    return threshold_for_rate(predicted, experiment.flag_rate) if experiment.flag_rate else None


def _told(predictions: np.ndarray, targets: np.ndarray) -> tuple[float, ...]:
    return tuple(METRICS[name].compute(predictions, targets) for name in TOLD)


def _changes(before: Sequence[float], after: Sequence[float]) -> str:
    """ "log_loss 0.5012 to 0.4501, ..."."""
    return ", ".join(f"{name} {was:.4f} to {now:.4f}" for name, was, now in zip(TOLD, before, after, strict=True))
