"""Every name that automl gives to something in MLflow: tags, run names, metrics, texts that a person reads there."""

import getpass
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl.evaluation.interval import Estimate

ROLE = "automl.role"  # SEARCH, TRIAL, CONFIRMATION, TRAINING, DECISION or MONITORING
SEARCH_NAME = "automl.search"
STATE = "automl.state"  # running, finished, stopped, failed, interrupted
REASON = "automl.reason"  # one line: why the trial ended as it did
COMPONENTS = "automl.components"  # "resnet + hflip + l1"
PLUGINS = "automl.plugins"  # "net.py sha256:12ab...; package automl 0.1.0"
NUMBER = "automl.number"
PARETO = "automl.pareto"  # "true" on the trials that none is better than in every objective
TRAINED = "automl.trained"  # of `automl train`: "20261126-144739-images trial 17"
LINEAGE = "automl.lineage"  # of a trial of a population: "trial 2 until epoch 6, trial 0 until epoch 12"
WINNER = "automl.winner"  # "true" on the winner, its number on the search

SEARCH = "search"
TRIAL = "trial"
CONFIRMATION = "confirmation"  # of a trial: the same with another seed
TRAINING = "training"  # by `automl train`: a trial once more, in no search
DECISION = "decision"  # on a registered version: promoted, refused, rolled back
MONITORING = "monitoring"  # of a registered version: new data beside its profile
LOCK = "lock"  # a registered model that isn't one: see automl.registry.locking

# Names that MLflow's user interface gives a meaning to.
NOTE = "mlflow.note.content"
PARENT = "mlflow.parentRunId"
RUN_NAME = "mlflow.runName"
USER = "mlflow.user"
SOURCE = "mlflow.source.name"
SOURCE_TYPE = "mlflow.source.type"
COLOR = "mlflow.runColor"
EXPERIMENT_KIND = "mlflow.experimentKind"
SHARED_VIEW = "mlflow.sharedViewState."
DATA_CONTEXT = "mlflow.data.context"

WINNER_COLOR = "#00875a"

# On a version of a registered model: five tags, as many as its page shows well.
VERSION_METRIC = "automl.metric"
VERSION_VALUE = "automl.value"  # of that metric on test: "0.6949 (0.637 to 0.749)"
VERSION_DATA = "automl.test"  # the digest of the test rows
VERSION_GATE = "automl.gate"  # "passed", or what of its domain's gates it doesn't keep to
VERSION_USER = "automl.user"

# On a decision, beside the version's name and who has taken it.
MODEL = "automl.model"
VERSION = "automl.version"
ACTION = "automl.action"
BEFORE = "automl.before"  # the version that was champion

MODEL_CONTENT = "automl.content"  # on a logged model: what its files hold, as a digest

CHAMPION = "champion"
CHALLENGER = "challenger"
PREVIOUS = "previous"

_CHOSEN = ("augmentation.", "regularizer.")
_ON = ("true", "on")


def run_name(number: int, name: str) -> str:
    """The number first: MLflow cuts names at 12 to 18 characters."""
    return f"{number:03d} {name}"


def best(metric: str) -> str:
    """A trial's best validation value of the metric that the search ranks by: "best_auroc"."""
    return f"best_{metric}"


def with_interval(prefix: str, figures: Mapping[str, "Estimate"]) -> dict[str, float]:
    """Figures as metrics, "test_auc", each with the ends of its interval, "interval/test_auc_low" and "..._high".

    MLflow shows what has a slash below the other metrics.
    """
    values = {f"{prefix}{name}": figure.value for name, figure in figures.items()}
    ends = {
        f"interval/{prefix}{name}_{end}": getattr(figure, end)
        for name, figure in figures.items()
        for end in ("low", "high")
    }
    return values | ends


SEARCH_BEST = "search_best"  # The search's own figure: by another name, or it would rank among its trials.


def components(params: Mapping[str, object]) -> str:
    """What a trial is made of, from its parameters: "resnet + hflip + l1"."""
    switches = [key for key, value in params.items() if key.startswith(_CHOSEN) and str(value).lower() in _ON]
    chosen = [key.split(".")[1] for key in switches if key.count(".") == 1]
    return " + ".join([str(params.get("model", "?")), *chosen])


def user_name() -> str:
    """Who runs this, as MLflow shows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container's user id without a name.
        return "unknown"
