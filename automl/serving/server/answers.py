"""What a client gets: predictions by the names of their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automl.evaluation.decision import flags

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
    task, outputs = loaded.model.task, predicted.outputs
    if not task.is_classification:
        values = outputs.reshape(len(outputs), task.num_outputs).tolist()
        return [{"prediction": row[0] if task.num_outputs == 1 else row} for row in values]
    threshold = loaded.model.threshold
    chosen = outputs.argmax(axis=1) if threshold is None else flags(outputs, threshold).astype(int)
    names = task.class_names
    shown = [range(len(names))] * len(outputs) if top is None else (-outputs).argsort(axis=1)[:, :top].tolist()
    return [
        {"prediction": names[index], "probabilities": {names[label]: row[label] for label in labels}}
        for index, row, labels in zip(chosen.tolist(), outputs.tolist(), shown, strict=True)
    ]
