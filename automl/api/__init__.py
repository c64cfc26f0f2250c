"""The roads that the command line and `automl.search` both take: from an experiment to a registered model, from a
registered model to predictions."""

from automl.api.comparison import Compared, compare_models, measure_on
from automl.api.conclusion import Outcome
from automl.api.frames import as_path
from automl.api.monitoring import monitor_model
from automl.api.prediction import predict, predict_blocks
from automl.api.searches import resume_search, run_experiment
from automl.api.training import Trained, train_trial

__all__ = [
    "Compared",
    "Outcome",
    "Trained",
    "as_path",
    "compare_models",
    "measure_on",
    "monitor_model",
    "predict",
    "predict_blocks",
    "resume_search",
    "run_experiment",
    "train_trial",
]
