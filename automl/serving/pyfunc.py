"""How MLflow loads and asks a model that automl logged (`mlflow.pyfunc.load_model`, `mlflow models serve`)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.serving.table import answers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from automl.training.trained import TrainedModel


class PyfuncModel:
    """A trained model in the form that MLflow expects."""

    def __init__(self, model: "TrainedModel") -> None:
        self._model = model

    def predict(
        self, model_input: "NDArray[np.uint8] | pd.DataFrame", params: dict[str, Any] | None = None
    ) -> "pd.DataFrame":
        """`model_input` is (N, C, H, W) uint8, or raw rows of a table or of messages; the result is `as_table`'s, or
        `as_entities`'. There are no `params`."""
        del params
        return answers(self._model, model_input)


def _load_pyfunc(path: str) -> PyfuncModel:
    from automl.training.trained import TrainedModel

    return PyfuncModel(TrainedModel.load(Path(path)))
