"""All that a plugin author imports."""

from automl.components import (
    Choice,
    Estimator,
    Float,
    Int,
    Regularizer,
    Task,
    Text,
    Weights,
    augmentation,
    estimator,
    model,
    regularizer,
    texts_of,
    word_pieces,
)
from automl.errors import UserError

__all__ = [
    "Choice",
    "Estimator",
    "Float",
    "Int",
    "Regularizer",
    "Task",
    "Text",
    "UserError",
    "Weights",
    "augmentation",
    "estimator",
    "model",
    "regularizer",
    "texts_of",
    "word_pieces",
]
