"""All that a plugin author imports."""

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
    texts_of,
)

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
