"""The experiment and the folder it is written to."""

from automl.config.experiment import SAMPLERS, SCHEDULERS, Experiment
from automl.config.home import DEFAULT_HOME, find_home, home_option, prepare_home
from automl.config.load import (
    DEFAULT_DOMAIN,
    TABLE_KEYS,
    TEXT_KEYS,
    check_fidelity,
    domains,
    load_experiment,
    preset_of,
)

__all__ = [
    "DEFAULT_DOMAIN",
    "DEFAULT_HOME",
    "SAMPLERS",
    "SCHEDULERS",
    "TABLE_KEYS",
    "TEXT_KEYS",
    "Experiment",
    "check_fidelity",
    "domains",
    "find_home",
    "home_option",
    "load_experiment",
    "prepare_home",
    "preset_of",
]
