"""Components and how they come in: parameters from signatures, the catalog, the doors for plugins."""

from automl.components.catalog import (
    CATALOG,
    Catalog,
    augmentation,
    estimator,
    is_registering,
    model,
    registering,
    regularizer,
)
from automl.components.component import KINDS, Component, Key
from automl.components.domains import Choice, Domain, Float, Int, Text, Value
from automl.components.doors import catalog_with, components_of, load_catalog
from automl.components.estimators import Estimator
from automl.components.hooks import Regularizer
from automl.components.parameters import Parameter, parameters_of
from automl.components.sources import PluginSource, read_plugin
from automl.components.task import TASK_KINDS, Task
from automl.components.texts import texts_of, word_pieces
from automl.components.weights import Weights

__all__ = [
    "CATALOG",
    "KINDS",
    "TASK_KINDS",
    "Catalog",
    "Choice",
    "Component",
    "Domain",
    "Estimator",
    "Float",
    "Int",
    "Key",
    "Parameter",
    "PluginSource",
    "Regularizer",
    "Task",
    "Text",
    "Value",
    "Weights",
    "augmentation",
    "catalog_with",
    "components_of",
    "estimator",
    "is_registering",
    "load_catalog",
    "model",
    "parameters_of",
    "read_plugin",
    "registering",
    "regularizer",
    "texts_of",
    "word_pieces",
]
