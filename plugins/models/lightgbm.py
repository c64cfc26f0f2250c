"""Gradient boosting by LightGBM (Ke et al. 2017)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Estimator, Float, Int, Task, estimator

if TYPE_CHECKING:
    import numpy as np


@estimator("lightgbm", task="table")
def lightgbm(
    task: Task,
    trees: Annotated[int, Int(50, 2000, log=True)] = 300,
    learning_rate: Annotated[float, Float(0.005, 0.3, log=True)] = 0.03,
    leaves: Annotated[int, Int(4, 255, log=True)] = 15,
    rows_in_leaf: Annotated[int, Int(2, 200, log=True)] = 20,
    columns: Annotated[float, Float(0.3, 1.0)] = 0.6,
    rows: Annotated[float, Float(0.4, 1.0)] = 0.8,
    l2: Annotated[float, Float(0.001, 100.0, log=True)] = 1.0,
) -> Estimator:
    """Trees grown leaf by leaf; categories are split as such, missing numbers go to the better side."""
    parameters = {
        "learning_rate": learning_rate,
        "num_leaves": leaves,
        "min_data_in_leaf": rows_in_leaf,
        "feature_fraction": columns,
        "bagging_fraction": rows,
        "bagging_freq": 1,
        "lambda_l2": l2,
        "verbose": -1,
        "deterministic": True,
        "force_row_wise": True,
    }
    if not task.is_classification:
        own = {"objective": "regression"}
    elif task.num_classes == 2:
        own = {"objective": "binary"}
    else:
        own = {"objective": "multiclass", "num_class": task.num_classes}
    return LightGbm(task, {**parameters, **own}, trees)


class LightGbm(Estimator):
    def __init__(self, task: Task, parameters: dict[str, object], trees: int) -> None:
        self.task, self.parameters, self.trees = task, parameters, trees
        self.outputs = 1 if task.is_classification else task.num_outputs
        self.boosters: list = []

    def begin(
        self,
        inputs: "np.ndarray",
        targets: "np.ndarray",
        weights: "np.ndarray | None",
        *,
        seed: int,
        threads: int,
    ) -> None:
        from lightgbm import Dataset

        self.parameters |= {"seed": seed, "num_threads": threads}
        columns = targets.reshape(len(targets), -1).T  # several outputs: a booster for each
        categories = list(range(self.task.num_numeric, inputs.shape[1]))
        self.data = [
            Dataset(
                inputs,
                label,
                weight=weights,
                categorical_feature=categories,
                params=self.parameters,
                free_raw_data=False,
            )
            for label in columns
        ]

    def fit(self, progress: float) -> str | None:
        from lightgbm import train

        former = self.boosters or [None] * self.outputs
        done = former[0].num_trees() // self._trees_a_round if former[0] else 0
        rounds = max(1, round(progress * self.trees)) - done
        if rounds > 0:
            self.boosters = [
                train(self.parameters | {"seed": self.parameters["seed"] + done}, data, rounds, init_model=booster)
                for data, booster in zip(self.data, former, strict=True)
            ]
        return None

    @property
    def _trees_a_round(self) -> int:
        return self.task.num_classes if self.task.num_classes > 2 else 1

    def predict(self, inputs: "np.ndarray") -> "np.ndarray":
        import numpy as np

        threads = self.parameters.get("num_threads", 0)
        found = [booster.predict(inputs, num_threads=threads) for booster in self.boosters]
        if not self.task.is_classification:
            return np.stack(found, axis=1)
        return found[0] if found[0].ndim == 2 else np.stack([1 - found[0], found[0]], axis=1)

    def dump(self) -> bytes:
        return "\0".join(booster.model_to_string() for booster in self.boosters).encode()

    def load(self, dumped: bytes) -> None:
        from lightgbm import Booster

        self.boosters = [Booster(model_str=text) for text in dumped.decode().split("\0")]
