"""How good predictions are: metrics and their intervals, beside a trivial baseline. Needs neither torch nor sklearn."""

from automl.evaluation.baseline import baseline_predictions
from automl.evaluation.metrics import METRICS, Metric, check_classes, find_metric, metrics_of, score

__all__ = ["METRICS", "Metric", "baseline_predictions", "check_classes", "find_metric", "metrics_of", "score"]
