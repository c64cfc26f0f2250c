"""MLflow's model registry: packaging, the gate before champion, the audit trail, and finding a model by its name."""

from automl.registry.add import check_name
from automl.registry.evidence import Evidence, Rows
from automl.registry.package import log_model
from automl.registry.promotion import Registered, promote, register, rollback
from automl.registry.resolve import find_model, find_version

__all__ = [
    "Evidence",
    "Registered",
    "Rows",
    "check_name",
    "find_model",
    "find_version",
    "log_model",
    "promote",
    "register",
    "rollback",
]
