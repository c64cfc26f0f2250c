"""What the models of scikit-learn share."""

from typing import TYPE_CHECKING, Any

from automl.plugin import Estimator, Task

if TYPE_CHECKING:
    import numpy as np

TREE = "sklearn.tree._tree.Tree"
"""What skops doesn't know of a forest. To be told so takes it three times as long as to load one."""

RARELY = 2
"""A category that fewer rows have gets no column of its own."""


class SklearnEstimator(Estimator):
    """A model of scikit-learn; stored by skops, which runs no code of what it loads.

    Args:
        model: Not yet fitted.
    """

    def __init__(self, task: Task, model: Any) -> None:
        self.task, self.model = task, model

    def begin(
        self,
        inputs: "np.ndarray",
        targets: "np.ndarray",
        weights: "np.ndarray | None",
        *,
        seed: int,
        threads: int,
    ) -> None:
        self.data = inputs, targets if targets.shape[1:] != (1,) else targets[:, 0], weights
        self.seed, self.threads = seed, threads

    def predict(self, inputs: "np.ndarray") -> "np.ndarray":
        if not self.task.is_classification:
            return self.model.predict(inputs).reshape(len(inputs), self.task.num_outputs)
        return self.model.predict_proba(inputs)

    def dump(self) -> bytes:
        return pack(self.model)

    def load(self, dumped: bytes) -> None:
        self.model = unpack(dumped)


def pack(model: Any) -> bytes:
    """As skops stores it."""
    from skops.io import dumps

    dumped: bytes = dumps(model)
    return dumped


def unpack(dumped: bytes) -> Any:
    """The model of scikit-learn that was packed; nothing else is loaded."""
    from skops.io import get_untrusted_types, loads
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return loads(dumped, trusted=[TREE])
    except UntrustedTypesFoundException:
        known = get_untrusted_types(data=dumped)
        return loads(dumped, trusted=[name for name in known if name.startswith(("sklearn.", "numpy."))])


def columns(task: Task, *, scale: bool) -> Any:
    """A transformer: missing numbers filled in and told, categories as zeros and ones."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

    numbers = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    if scale:
        numbers = make_pipeline(numbers, QuantileTransformer(output_distribution="normal", n_quantiles=100))
    codes = OneHotEncoder(handle_unknown="ignore", min_frequency=RARELY, sparse_output=scale)
    count = task.num_numeric
    parts = [("numbers", numbers, slice(0, count))] if count else []
    if task.category_sizes:
        parts.append(("codes", codes, slice(count, count + len(task.category_sizes))))
    return ColumnTransformer(parts)
