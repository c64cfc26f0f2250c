"""A random forest (Breiman 2001), scikit-learn's."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from automl_plugins.models._rounds import Rounds
from automl_plugins.models._sklearn import pack, unpack

from automl.plugin import Estimator, Float, Int, Task, estimator

if TYPE_CHECKING:
    import numpy as np


@estimator("random_forest", task="table")
def random_forest(
    task: Task,
    trees: Annotated[int, Int(50, 1000, log=True)] = 100,
    columns: Annotated[float, Float(0.05, 1.0)] = 0.3,
    rows_in_leaf: Annotated[int, Int(1, 100, log=True)] = 5,
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
    return Forest(task, partial(kind, max_features=columns, min_samples_leaf=rows_in_leaf), trees)


class Forest(Rounds):
    """Each part is a forest, and they are asked together.

    Args:
        make: Makes one, not yet fitted.
    """

    def __init__(self, task: Task, make: Any, trees: int) -> None:
        super().__init__(task, trees)
        self.make = make

    def grow(self, trees: int, seed: int) -> Any:
        targets = self.targets if self.targets.shape[1:] != (1,) else self.targets[:, 0]
        forest = self.make(n_estimators=trees, random_state=seed, n_jobs=self.threads)
        return forest.fit(self.inputs, targets, self.weights)

    def count(self, part: Any) -> int:
        return int(part.n_estimators)

    def ask(self, part: Any, inputs: "np.ndarray") -> "np.ndarray":
        found = part.predict_proba(inputs) if self.task.is_classification else part.predict(inputs)
        return found.reshape(len(inputs), self.task.num_outputs) * self.count(part)

    def predict(self, inputs: "np.ndarray") -> "np.ndarray":
        return self.total(inputs) / self.built

    def pack(self, part: Any) -> bytes:
        return pack(part)

    def unpack(self, dumped: bytes) -> Any:
        return unpack(dumped)
