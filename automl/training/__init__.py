"""Training one trial, and what is left of it: a model that predicts. No Ray, no MLflow.

What needs torch is imported from its own module (`trainer`, `bundle`): the driver of a search goes without it until
the winner is tested.
"""

from automl.training.baseline import baseline_predictions
from automl.training.data import TrainingData
from automl.training.metrics import METRICS, Metric, find_metric, metrics_of, score

__all__ = [
    "METRICS",
    "Metric",
    "TrainingData",
    "baseline_predictions",
    "find_metric",
    "metrics_of",
    "score",
]
