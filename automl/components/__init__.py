"""Components and how they come in: parameters from signatures, the catalog, the doors for plugins."""

from automl.components.catalog import CATALOG, Catalog, augmentation, model, registering, regularizer
from automl.components.component import KINDS, Component
from automl.components.domains import Choice, Domain, Float, Int, Value
from automl.components.hooks import Regularizer
from automl.components.parameters import Parameter, parameters_of
from automl.components.sources import FILE_ORIGIN, PluginSource, load_catalog, read_plugin
from automl.components.task import TASK_KINDS, Task

__all__ = [
    "CATALOG",
    "FILE_ORIGIN",
    "KINDS",
    "TASK_KINDS",
    "Catalog",
    "Choice",
    "Component",
    "Domain",
    "Float",
    "Int",
    "Parameter",
    "PluginSource",
    "Regularizer",
    "Task",
    "Value",
    "augmentation",
    "load_catalog",
    "model",
    "parameters_of",
    "read_plugin",
    "registering",
    "regularizer",
]
