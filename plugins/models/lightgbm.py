"""Gradient boosting by LightGBM (Ke et al. 2017)."""

from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._rounds import Rounds

from automl.plugin import Estimator, Float, Int, Task, estimator

if TYPE_CHECKING:
    import numpy as np
    from lightgbm import Booster


@estimator("lightgbm", task="table")
def lightgbm(
    task: Task,
    trees: Annotated[int, Int(50, 2000, log=True)] = 600,
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


class LightGbm(Rounds):
    """A part has a booster for each column of the targets."""

    def __init__(self, task: Task, parameters: dict[str, object], trees: int) -> None:
        super().__init__(task, trees)
        self.parameters = parameters

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

        super().begin(inputs, targets, weights, seed=seed, threads=threads)
        self.parameters |= {"num_threads": threads}
        columns = targets.reshape(len(targets), -1).T
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

    def grow(self, trees: int, seed: int) -> "list[Booster]":
        from lightgbm import train

        if self.parts:
            former = self.total(self.inputs)
            outputs = [former] if self.task.num_classes > 2 else list(former.T)
            for data, scores in zip(self.data, outputs, strict=True):
                data.set_init_score(scores)
        return [train(self.parameters | {"seed": seed}, data, trees) for data in self.data]

    def count(self, part: "list[Booster]") -> int:
        return part[0].current_iteration()

    def ask(self, part: "list[Booster]", inputs: "np.ndarray") -> "np.ndarray":
        import numpy as np

        threads = self.parameters.get("num_threads", 0)
        found = [booster.predict(inputs, raw_score=True, num_threads=threads) for booster in part]
        return found[0] if found[0].ndim == 2 else np.stack(found, axis=1)

    def predict(self, inputs: "np.ndarray") -> "np.ndarray":
        import numpy as np
        from scipy.special import expit, softmax

        total = self.total(inputs)
        if not self.task.is_classification:
            return total
        if self.task.num_classes > 2:
            return softmax(total, axis=1)
        share = expit(total[:, 0])
        return np.stack([1 - share, share], axis=1)

    def pack(self, part: "list[Booster]") -> bytes:
        return "\0".join(booster.model_to_string() for booster in part).encode()

    def unpack(self, dumped: bytes) -> "list[Booster]":
        from lightgbm import Booster

        return [Booster(model_str=text) for text in dumped.decode().split("\0")]
