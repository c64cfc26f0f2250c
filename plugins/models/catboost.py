"""Gradient boosting by CatBoost (Prokhorenkova et al. 2018)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Estimator, Float, Int, Task, estimator

if TYPE_CHECKING:
    import numpy as np


@estimator("catboost", task="table")
def catboost(
    task: Task,
    trees: Annotated[int, Int(50, 2000, log=True)] = 600,
    learning_rate: Annotated[float, Float(0.005, 0.3, log=True)] = 0.05,
    depth: Annotated[int, Int(2, 8)] = 6,
    l2: Annotated[float, Float(0.5, 30.0, log=True)] = 3.0,
    rows: Annotated[float, Float(0.4, 1.0)] = 0.8,
    randomness: Annotated[float, Float(0.0, 3.0)] = 1.0,
    combinations: Annotated[int, Int(1, 2)] = 1,
) -> Estimator:
    """Symmetric trees; a category stands for the targets of rows before it, in combinations of so many categories."""
    if not task.is_classification:
        loss = "RMSE" if task.num_outputs == 1 else "MultiRMSE"
    else:
        loss = "Logloss" if task.num_classes == 2 else "MultiClass"
    parameters = {
        "loss_function": loss,
        "learning_rate": learning_rate,
        "depth": depth,
        "l2_leaf_reg": l2,
        "bootstrap_type": "Bernoulli",
        "subsample": rows,
        "random_strength": randomness,
        "boosting_type": "Plain",
        # CatBoost chooses it by the number of trees, which differs from round to round.
        "max_ctr_complexity": combinations,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
    return CatBoost(task, parameters, trees)


class CatBoost(Estimator):
    def __init__(self, task: Task, parameters: dict[str, object], trees: int) -> None:
        self.task, self.parameters, self.trees = task, parameters, trees
        self.model = None

    def begin(
        self,
        inputs: "np.ndarray",
        targets: "np.ndarray",
        weights: "np.ndarray | None",
        *,
        seed: int,
        threads: int,
    ) -> None:
        self.parameters |= {"random_seed": seed, "thread_count": threads}
        self.pool = self._pool(inputs, targets if targets.shape[1:] != (1,) else targets[:, 0], weights)

    def fit(self, progress: float) -> str | None:
        from catboost import CatBoost as Model

        done = self.model.tree_count_ if self.model else 0
        trees = max(1, round(progress * self.trees)) - done
        if trees > 0:
            self.model = Model(self.parameters | {"iterations": trees}).fit(self.pool, init_model=self.model)
        return None

    def predict(self, inputs: "np.ndarray") -> "np.ndarray":
        kind = "Probability" if self.task.is_classification else "RawFormulaVal"
        found = self.model.predict(self._pool(inputs), prediction_type=kind)
        return found.reshape(len(inputs), self.task.num_outputs)

    def dump(self) -> bytes:
        return bytes(self.model._serialize_model())

    def load(self, dumped: bytes) -> None:
        from catboost import CatBoost as Model

        self.model = Model(self.parameters).load_model(blob=dumped)

    def _pool(self, inputs: "np.ndarray", targets: object = None, weights: object = None) -> object:
        """CatBoost takes numbers and categories apart: floats, and codes as texts."""
        from catboost import FeaturesData, Pool

        count = self.task.num_numeric
        codes = inputs[:, count:].astype("int32").astype("S").astype(object)
        data = FeaturesData(
            num_feature_data=inputs[:, :count] if count else None, cat_feature_data=codes if codes.size else None
        )
        return Pool(data, targets, weight=weights)
