"""Regularizers, one file each."""

from automl_plugins.regularizers import dropout, l1, l2, label_smoothing

__all__ = ["dropout", "l1", "l2", "label_smoothing"]
