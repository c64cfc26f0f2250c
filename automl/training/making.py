"""The trainer that a configuration asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.components import Catalog, Value
from automl.training.device import DeviceData
from automl.training.estimator_trainer import EstimatorTrainer
from automl.training.trainer import Trainer


def make_trainer(
    catalog: Catalog, data: DeviceData, configuration: Mapping[str, Value], **arguments: Any
) -> Trainer | EstimatorTrainer:
    """Of a model that fits itself, or of a net; `arguments` are those of `Trainer`."""
    model = catalog.get("model", str(configuration["model"]))
    return (EstimatorTrainer if model.fits_itself else Trainer)(catalog, data, configuration, **arguments)
