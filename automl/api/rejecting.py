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
"""Rows whose energies a model is asked for, which it hasn't told in its trial; half of them at most fit no class."""


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
    predicted = model.uncalibrated(val.inputs) if validated is None else validated
    rows = _some(val.targets == (-1 if outside is None else outside))
    energies = np.full(len(val), np.nan)
    energies[rows] = model.with_energies(val.inputs[rows], outside)[1]
    return choose(label, names, calibration.apply(predicted), val.targets, energies)


def _some(negative: np.ndarray) -> np.ndarray:
    """Numbers of rows, ascending: of both kinds a sample."""
    order = np.random.default_rng(0).permutation(len(negative))
    none_fits = order[negative[order]][: ASKED // 2]
    return np.sort(np.append(none_fits, order[~negative[order]][: ASKED - len(none_fits)]))
