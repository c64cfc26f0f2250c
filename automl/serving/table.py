"""Predictions as a table that a person reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automl.components.task import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from automl.training.trained import TrainedModel


def answers(model: "TrainedModel", inputs: Any, top: int | None = None) -> "pd.DataFrame":
    """What a model says of inputs, as `as_table` has it.

    Args:
        inputs: As `TrainedModel.predict` takes them.
    """
    if not model.task.is_classification:
        return as_table(model.task, model.predict(inputs))
    outputs, chosen = model.answer(inputs)
    return as_table(model.task, outputs, chosen.tolist(), top=top)


def as_table(
    task: Task, outputs: "NDArray[np.float32]", chosen: Sequence[str] | None = None, *, top: int | None = None
) -> "pd.DataFrame":
    """What `TrainedModel.answer` gives, with names.

    Args:
        task: Of the model.
        outputs: (N, num_outputs) float32: probabilities, or the values of a regression.
        chosen: The class decided for in each row; None: the likeliest one.
        top: How many of the likeliest classes are named, in place of all.

    Returns:
        N rows. Classification: `prediction` (the class decided for) and `p_<class>` for each class, or with `top` the
        likeliest one's name and probability `class_1`, `p_1`, then `class_2`, ... Regression: `prediction`, or
        `prediction_0`, ... where there are several outputs.
    """
    import numpy as np
    import pandas as pd

    if not task.is_classification:
        width = task.num_outputs
        columns = ["prediction"] if width == 1 else [f"prediction_{index}" for index in range(width)]
        return pd.DataFrame(outputs.reshape(len(outputs), width), columns=columns)
    if chosen is None:
        chosen = [task.class_names[index] for index in outputs.argmax(axis=1)]
    predicted = pd.Series(chosen, dtype="str", name="prediction")
    if top is None:
        table = pd.DataFrame(outputs, columns=[f"p_{name}" for name in task.class_names])
        table.insert(0, "prediction", predicted)
        return table
    order = np.argsort(-outputs, axis=1, kind="stable")[:, :top]
    names, likeliest = np.array(task.class_names, object)[order], np.take_along_axis(outputs, order, axis=1)
    made = {"prediction": predicted}
    for place in range(order.shape[1]):
        made[f"class_{place + 1}"] = pd.Series(names[:, place], dtype="str")
        made[f"p_{place + 1}"] = pd.Series(likeliest[:, place])
    return pd.DataFrame(made)
