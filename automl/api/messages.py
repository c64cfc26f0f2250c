"""What a model makes of messages, as files of real sentences for the winner's run: confusions, doubtful labels, and how
much is answered how rightly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.data.text import texts_of
from automl.data.text.messages import excerpt
from automl.evaluation.confusions import Confusion, confusions, doubtful
from automl.evaluation.figures import draw_coverage

if TYPE_CHECKING:
    from automl.api.tested import Tested
    from automl.data import Dataset
    from automl.evaluation.coverage import Coverage

Rows = dict[str, list[Mapping[str, Any]]]
SHOWN = 3
LONGEST = 1_000
"""Characters of a message in a file."""


def message_tables(data: Dataset, model: Tested) -> Rows:
    """Name of a file -> its rows."""
    names = data.task.class_names
    tables: Rows = {"confusions.csv": list(_confusion_rows(data, _confusions(data, model)))}
    tables["doubtful_labels.csv"] = [
        {
            "split": split,
            "row": part.ids[row],
            "label": names[part.targets[row]],
            "probability": predictions[row, part.targets[row]],
            "predicted": names[predictions[row].argmax()],
            "predicted_probability": predictions[row].max(),
            "text": _text(part.inputs, row),
        }
        for split, part, predictions in (("val", data.val, model.validated), ("test", data.test, model.predictions))
        if predictions is not None
        for row in doubtful(predictions, part.targets).tolist()
    ]
    return {name: rows for name, rows in tables.items() if rows}


def write_coverage(folder: Path, coverage: Coverage) -> list[Mapping[str, Any]]:
    """Draws the curve of coverage against accuracy, and gives its points as rows."""
    draw_coverage(folder / "coverage.png", coverage)
    return [asdict(point) for point in coverage.points]


def worst_confusions(data: Dataset, model: Tested) -> tuple[str, ...]:
    """The worst pairs of classes, each with a sentence, for people."""
    names, found = data.task.class_names, _confusions(data, model)
    return tuple(
        f"{pair.count} of {names[pair.actual]} taken for {names[pair.predicted]}, e.g. "
        f'"{excerpt(texts_of(data.test.inputs[pair.rows[0] : pair.rows[0] + 1])[0])}"'
        for pair in found[:SHOWN]
    )


def _confusions(data: Dataset, model: Tested) -> tuple[Confusion, ...]:
    """Of what the model answers."""
    names, rejection, chosen = data.task.class_names, model.adjustment.rejection, None
    if rejection:
        places = {name: place for place, name in enumerate(names)}
        answers = rejection.decide(names, model.predictions, model.energies, model.adjustment.threshold)
        chosen = np.array([places.get(answer, -1) for answer in answers])
    return confusions(model.predictions, data.test.targets, chosen)


def _confusion_rows(data: Dataset, found: tuple[Confusion, ...]) -> Iterator[Mapping[str, Any]]:
    names = data.task.class_names
    for pair in found:
        for row in pair.rows:
            yield {
                "label": names[pair.actual],
                "predicted": names[pair.predicted],
                "messages": pair.count,
                "share_of_label": pair.share,
                "row": data.test.ids[row],
                "text": _text(data.test.inputs, row),
            }


def _text(inputs: Any, row: int) -> str:
    return texts_of(inputs[row : row + 1])[0][:LONGEST]
