"""Predictions as a table that a person reads."""

from typing import TYPE_CHECKING

from automl.components.task import Task
from automl.evaluation.decision import flags

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def as_table(task: Task, outputs: "NDArray[np.float32]", threshold: float | None = None) -> "pd.DataFrame":
    """What `TrainedModel.predict` gives, with names.

    Args:
        task: Of the model.
        outputs: (N, num_outputs) float32: probabilities, or the values of a regression.
        threshold: Of the model, see `TrainedModel`.

    Returns:
        N rows. Classification: `prediction` (the name of the class decided for) and `p_<class>` for each. Regression:
        `prediction`, or `prediction_0`, ... where there are several outputs.
    """
    import pandas as pd

    if task.is_classification:
        chosen = outputs.argmax(axis=1) if threshold is None else flags(outputs, threshold).astype(int)
        table = pd.DataFrame(outputs, columns=[f"p_{name}" for name in task.class_names])
        table.insert(0, "prediction", pd.Series([task.class_names[index] for index in chosen], dtype="str"))
        return table
    width = task.num_outputs
    columns = ["prediction"] if width == 1 else [f"prediction_{index}" for index in range(width)]
    return pd.DataFrame(outputs.reshape(len(outputs), width), columns=columns)
