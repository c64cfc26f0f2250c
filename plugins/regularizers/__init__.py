"""Regularizers, one file each."""

from automl_plugins.regularizers import (
    dropout,
    early_stopping,
    ema,
    freeze_backbone,
    gradient_clipping,
    l1,
    l2,
    label_smoothing,
    r_drop,
    sam,
    stochastic_depth,
    swa,
)

__all__ = [
    "dropout",
    "early_stopping",
    "ema",
    "freeze_backbone",
    "gradient_clipping",
    "l1",
    "l2",
    "label_smoothing",
    "r_drop",
    "sam",
    "stochastic_depth",
    "swa",
]
