"""Training one trial, and what is left of it: a model that predicts. No Ray, no MLflow.

What needs torch is imported from its own module (`trainer`, `bundle`): the driver of a search goes without it until
the winner is tested.
"""

from automl.training.data import TrainingData

__all__ = ["TrainingData"]
