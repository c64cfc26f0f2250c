"""All that a plugin author imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl.components import (
    Choice,
    Estimator,
    Float,
    Int,
    Regularizer,
    Task,
    augmentation,
    estimator,
    model,
    regularizer,
)

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "Choice",
    "Estimator",
    "Float",
    "Int",
    "Regularizer",
    "Task",
    "augmentation",
    "estimator",
    "model",
    "regularizer",
    "texts_of",
]


def texts_of(rows: np.ndarray) -> list[str]:
    """The texts that an `Estimator` of a text task is given as rows, uint8 (N, L)."""
    from automl.data import texts_of as read  # listing components needs no data

    return read(rows)
