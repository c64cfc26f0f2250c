"""All that a plugin author imports."""

from automl.components import Choice, Float, Int, Regularizer, Task, augmentation, model, regularizer

__all__ = ["Choice", "Float", "Int", "Regularizer", "Task", "augmentation", "model", "regularizer"]
