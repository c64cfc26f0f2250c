"""Predictions as a table that a person reads."""

from typing import TYPE_CHECKING

from automl.components.task import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def as_table(task: Task, outputs: "NDArray[np.float32]") -> "pd.DataFrame":
    """What `TrainedModel.predict` gives, with names.

    Args:
        task: Of the model.
        outputs: (N, num_outputs) float32: probabilities, or the values of a regression.

    Returns:
        N rows. Classification: `prediction` (the likeliest class's name) and `p_<class>` for each. Regression:
        `prediction`, or `prediction_0`, ... where there are several outputs.
    """
    import pandas as pd

    if task.is_classification:
        likeliest = [task.class_names[index] for index in outputs.argmax(axis=1)]
        table = pd.DataFrame(outputs, columns=[f"p_{name}" for name in task.class_names])
        table.insert(0, "prediction", pd.Series(likeliest, dtype="str"))
        return table
    width = task.num_outputs
    columns = ["prediction"] if width == 1 else [f"prediction_{index}" for index in range(width)]
    return pd.DataFrame(outputs.reshape(len(outputs), width), columns=columns)
