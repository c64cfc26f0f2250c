"""A random forest (Breiman 2001), scikit-learn's."""

from typing import Annotated, Any, Literal

from automl_plugins.models._sklearn import SklearnEstimator

from automl.plugin import Estimator, Float, Int, Task, estimator


@estimator("random_forest", task="table")
def random_forest(
    task: Task,
    trees: Annotated[int, Int(50, 1000, log=True)] = 300,
    columns: Annotated[float, Float(0.05, 1.0)] = 0.3,
    rows_in_leaf: Annotated[int, Int(1, 100, log=True)] = 3,
    splits: Literal["best", "random"] = "best",
) -> Estimator:
    """Trees on resampled rows, each split on a part of the columns; `random` splits make them extremely randomized."""
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        ExtraTreesRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )

    kinds = {
        "best": (RandomForestRegressor, RandomForestClassifier),
        "random": (ExtraTreesRegressor, ExtraTreesClassifier),
    }
    kind = kinds[splits][task.is_classification]
    forest = kind(n_estimators=trees, max_features=columns, min_samples_leaf=rows_in_leaf, warm_start=True)
    return Forest(task, forest, trees)


class Forest(SklearnEstimator):
    def __init__(self, task: Task, model: Any, trees: int) -> None:
        super().__init__(task, model)
        self.trees = trees

    def fit(self, progress: float) -> str | None:
        inputs, targets, weights = self.data
        trees = max(1, round(progress * self.trees))
        self.model.set_params(n_estimators=trees, random_state=self.seed, n_jobs=self.threads)
        self.model.fit(inputs, targets, weights)
        return None
