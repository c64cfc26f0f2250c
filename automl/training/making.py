"""The trainer that a configuration asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.components import Catalog, Value
from automl.training.base import BaseTrainer
from automl.training.cross_trainer import CrossTrainer
from automl.training.device import DeviceData
from automl.training.estimator_trainer import EstimatorTrainer
from automl.training.trainer import Trainer


def make_trainer(
    catalog: Catalog, data: DeviceData, configuration: Mapping[str, Value], **arguments: Any
) -> BaseTrainer:
    """Of a model that fits itself, or of a net; of one for each fold, where validation is crossed.

    Args:
        arguments: Those of `Trainer`.
    """
    model = catalog.get("model", str(configuration["model"]))
    make = EstimatorTrainer if model.fits_itself else Trainer
    if data.folds:
        return CrossTrainer(make, catalog, data, configuration, **arguments)
    return make(catalog, data, configuration, **arguments)
