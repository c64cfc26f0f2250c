"""MLflow's model registry: packaging, promotion, and finding a model by its name."""

from automl.registry.package import log_model
from automl.registry.promote import Evidence, Registered, check_name, register
from automl.registry.resolve import find_model, find_version

__all__ = ["Evidence", "Registered", "check_name", "find_model", "find_version", "log_model", "register"]
