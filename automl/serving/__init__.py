"""Predictions of a trained model. Importing this imports neither torch nor mlflow."""

from automl.serving.predictor import predict, predict_blocks
from automl.serving.table import as_table

__all__ = ["as_table", "predict", "predict_blocks"]
