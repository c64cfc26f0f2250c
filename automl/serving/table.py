"""Predictions as a table that a person reads."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from automl.components.task import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from automl.training.entities import Entity
    from automl.training.trained import TrainedModel

DIGITS = 6
"""Of an entity's probability."""


def answers(model: "TrainedModel", inputs: Any, top: int | None = None) -> "pd.DataFrame":
    """What a model says of inputs, as `as_table` has it.

    Args:
        inputs: As `TrainedModel.predict` takes them.
    """
    if model.task.is_per_word:
        return as_entities(model.entities(_texts(model, inputs)))
    if not model.task.is_classification:
        return as_table(model.task, model.predict(inputs))
    outputs, chosen = model.answer(inputs)
    return as_table(model.task, outputs, chosen.tolist(), top=top)


def as_entities(found: "Sequence[Sequence[Entity]]") -> "pd.DataFrame":
    """A row for each message: `entities`, a JSON list of objects with `text`, `label`, `start`, `end` (its place in
    characters) and `probability`."""
    import pandas as pd

    cells = [json.dumps([described(entity) for entity in own], ensure_ascii=False) for own in found]
    return pd.DataFrame({"entities": pd.Series(cells, dtype="str")})


def described(entity: "Entity") -> dict[str, Any]:
    """An entity as JSON has it."""
    return {**asdict(entity), "probability": round(entity.probability, DIGITS)}


def _texts(model: "TrainedModel", raw: Any) -> list[str]:
    """Of a list of texts, or of a frame with their column."""
    from automl.data import TextPreparation
    from automl.data.table.frames import as_pandas
    from automl.data.text.messages import joined

    assert isinstance(model.preparation, TextPreparation)
    return raw if isinstance(raw, list) else joined(as_pandas(raw), model.preparation.columns)


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
