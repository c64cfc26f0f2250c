"""What a client gets: predictions by the names of their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automl.serving.table import described

if TYPE_CHECKING:
    from automl.serving.server.batching import Predicted
    from automl.serving.server.live import Loaded

MOST_NOTES = 10


def answer(loaded: Loaded, predicted: Predicted, top: int | None) -> dict[str, Any]:
    """The content of a response.

    Args:
        top: How many of the likeliest classes have their probability in it; None: all.
    """
    content: dict[str, Any] = {
        "model": loaded.name,
        "version": loaded.version,
        "predictions": _predictions(loaded, predicted, top),
    }
    if predicted.unreadable:
        roles = {column.name: column.role for column in loaded.model.preparation.columns}  # type: ignore[union-attr]
        content["notes"] = [
            f"{column} of row {place} isn't readable as {roles[column]} and counts as missing."
            for place, column in predicted.unreadable[:MOST_NOTES]
        ]
    return content


def _predictions(loaded: Loaded, predicted: Predicted, top: int | None) -> list[dict[str, Any]]:
    if predicted.entities is not None:
        return [{"entities": [described(entity) for entity in own]} for own in predicted.entities]
    task, outputs = loaded.model.task, predicted.outputs
    if predicted.chosen is None:
        values = outputs.reshape(len(outputs), task.num_outputs).tolist()
        return [{"prediction": row[0] if task.num_outputs == 1 else row} for row in values]
    names = task.class_names
    shown = [range(len(names))] * len(outputs) if top is None else (-outputs).argsort(axis=1)[:, :top].tolist()
    return [
        {"prediction": answer, "probabilities": {names[label]: row[label] for label in labels}}
        for answer, row, labels in zip(predicted.chosen, outputs.tolist(), shown, strict=True)
    ]
