"""What is measured of a model's inputs, as they are prepared: the same for a profile and for new rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automl.data import Preparation, TablePreparation, TextPreparation, texts_of
from automl.data.table.columns import FIRST_CODE, BooleanColumn, categorical_columns, number_columns
from automl.data.table.dates import DateColumn
from automl.monitoring.distributions import Measures
from automl.monitoring.pictures import image_measures
from automl.monitoring.words import text_measures

if TYPE_CHECKING:
    from automl.training.trained import TrainedModel

MISSING, RARE = "missing", "rare or new"
YES, NO = "yes", "no"
RECURRENT = ("day_of_week", "hour")
"""What is looked at of a date: the rest moves on by itself."""


def input_measures(preparation: Preparation, rows: np.ndarray) -> Measures:
    """Of prepared rows (N, ...), for which nothing was learned.

    Tables: each column that the model reads, of dates the day of the week and the hour.
    """
    if isinstance(preparation, TablePreparation):
        return _table_measures(preparation, rows)
    if isinstance(preparation, TextPreparation):
        return text_measures(preparation, texts_of(rows))
    return image_measures(rows)


def _table_measures(preparation: TablePreparation, rows: np.ndarray) -> Measures:
    found: dict[str, np.ndarray] = {}
    place = 0
    for column in number_columns(preparation.columns):
        for feature in column.features:
            values = rows[:, place]
            place += 1
            if isinstance(column, BooleanColumn):
                found[feature] = np.select([values == 1, values == 0], [YES, NO], MISSING).astype(object)
            elif not isinstance(column, DateColumn) or feature.endswith(RECURRENT):
                found[feature] = values
    for category in categorical_columns(preparation.columns):
        names = np.array([MISSING, RARE, *category.categories], object)
        assert len(names) == category.size == FIRST_CODE + len(category.categories)
        found[category.name] = names[rows[:, place].astype(int)]
        place += 1
    return found


def answer_measures(model: TrainedModel, rows: np.ndarray) -> tuple[Measures, np.ndarray]:
    """Of what a model says of prepared rows; and that, float32 (N, num_outputs).

    Classes: the one decided for, and of two the probability of the second, of more that of the likeliest.
    """
    task = model.task
    if not task.is_classification:
        values = model.predict(rows)
        names = ["value"] if task.num_outputs == 1 else [f"value {place}" for place in range(task.num_outputs)]
        return dict(zip(names, values.T, strict=True)), values
    found, chosen = model.answer(rows)
    if task.num_classes == 2:
        return {"class": chosen, f"probability of {task.class_names[1]}": found[:, 1]}, found
    return {"class": chosen, "largest probability": found.max(axis=1)}, found
