"""When a model answers that no class fits: chosen by what it predicts for validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automl.evaluation.rejection import Choice, choose, outside_of

if TYPE_CHECKING:
    from automl.data.dataset import Split
    from automl.evaluation.calibration import Calibration
    from automl.training.trained import TrainedModel

ASKED = 500
"""Rows whose energies a model is asked for, which it hasn't told in its trial, to see whether they tell more than its
probabilities; half of them at most fit no class."""

ASKED_MORE = 2_000
"""The same, where they do: few rows don't tell where a threshold loses one answer in two hundred."""


def choose_rejection(
    model: TrainedModel, calibration: Calibration, val: Split, label: str, validated: np.ndarray | None
) -> Choice:
    """The score and threshold that are best on validation.

    Args:
        label: The answer where no class fits.
        validated: What the model predicts for validation, where that is known.
    """
    names = model.task.class_names
    outside = outside_of(names, label)
    predicted = calibration.apply(model.uncalibrated(val.inputs) if validated is None else validated)

    def by(rows: np.ndarray) -> Choice:
        """Of these rows, with their energies."""
        energies = model.with_energies(val.inputs[rows], outside)[1]
        return choose(label, names, predicted[rows], val.targets[rows], energies)

    order = _mixed(val.targets == (-1 if outside is None else outside))
    if by(order[:ASKED]).rejection.score == "energy":
        choice = by(order[:ASKED_MORE])
        if choice.rejection.score == "energy":
            return choice
    return choose(label, names, predicted, val.targets)


def _mixed(negative: np.ndarray) -> np.ndarray:
    """The rows' numbers in random order, those of both kinds by turns as long as there are any."""
    order = np.random.default_rng(0).permutation(len(negative))
    turn = np.empty(len(order))
    for own in (negative[order], ~negative[order]):
        turn[own] = np.arange(own.sum())
    return order[np.argsort(turn, kind="stable")]
