"""What is measured of a model's inputs, as they are prepared: the same for a profile and for new rows."""

from __future__ import annotations

import numpy as np

from automl.components.task import Task
from automl.data import Preparation, TablePreparation, TextPreparation, texts_of
from automl.data.table.columns import FIRST_CODE, BooleanColumn, categorical_columns, number_columns
from automl.data.table.dates import DateColumn
from automl.monitoring.distributions import Measures
from automl.monitoring.pictures import image_measures
from automl.monitoring.words import text_measures

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


def answer_measures(task: Task, found: np.ndarray, chosen: np.ndarray) -> Measures:
    """Of what a model says of rows: of classes the one decided for, and of two the probability of the second, of more
    that of the likeliest.

    Args:
        found: What `TrainedModel.predict` gives, float32 (N, num_outputs).
        chosen: The classes decided for, texts (N,); of a regression nothing.
    """
    if not task.is_classification:
        names = ["value"] if task.num_outputs == 1 else [f"value {place}" for place in range(task.num_outputs)]
        return dict(zip(names, found.T, strict=True))
    if task.num_classes == 2:
        return {"class": chosen, f"probability of {task.class_names[1]}": found[:, 1]}
    return {"class": chosen, "largest probability": found.max(axis=1)}
