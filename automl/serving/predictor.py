"""Predictions for a folder or file of inputs."""

from pathlib import Path
from typing import TYPE_CHECKING

from automl.serving.table import as_table

if TYPE_CHECKING:
    import pandas as pd


def predict(bundle: Path, source: Path) -> "pd.DataFrame":
    """Predicts every input of a source, prepared as the model's training data was.

    Args:
        bundle: A trained model's folder (`find_model` of automl.registry).
        source: What `automl.data.load_inputs` reads.

    Returns:
        A row per input, in the source's order: `id`, then the columns of `as_table`.

    Raises:
        UserError: The source can't be read.
    """
    from automl.data import ImagePreparation, load_inputs
    from automl.training.trained import TrainedModel

    model = TrainedModel.load(bundle)
    assert isinstance(model.preparation, ImagePreparation)
    images, ids = load_inputs(source, model.preparation)
    table = as_table(model.task, model.predict(images))
    table.insert(0, "id", list(ids))
    return table
