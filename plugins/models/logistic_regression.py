"""Logistic regression, or ridge regression (Hoerl and Kennard 1970) where the targets are numbers; scikit-learn's."""

from typing import Annotated

from automl_plugins.models._sklearn import SklearnEstimator, columns

from automl.plugin import Estimator, Float, Task, estimator


@estimator("logistic_regression", task="table")
def logistic_regression(task: Task, strength: Annotated[float, Float(0.001, 100.0, log=True)] = 1.0) -> Estimator:
    """A linear model on normally distributed numbers and a column per category, with an L2 penalty; one round."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    linear = LogisticRegression(C=1 / strength, max_iter=500) if task.is_classification else Ridge(alpha=strength)
    return Linear(task, make_pipeline(columns(task, scale=True), linear))


class Linear(SklearnEstimator):
    def fit(self, progress: float) -> str | None:
        del progress
        inputs, targets, weights = self.data
        self.model.fit(inputs, targets, **{f"{self.model.steps[-1][0]}__sample_weight": weights})
        return "fitted"
