"""What moved predictions of rows: each column is replaced by a typical value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.data.progress import watched
from automl.data.table.columns import FIRST_CODE, MISSING_CODE, CategoricalColumn, categorical_columns
from automl.data.table.values import as_texts
from automl.errors import UserError
from automl.monitoring import read_profile
from automl.serving.explanation.ablation import ablate
from automl.serving.explanation.explainer import told

if TYPE_CHECKING:
    import pandas as pd

    from automl.data import TablePreparation
    from automl.monitoring import Profile
    from automl.training.trained import TrainedModel

AT_A_TIME = 1_000


class TableExplainer:
    """Each column that the model reads is a part."""

    def __init__(self, model: TrainedModel, preparation: TablePreparation, bundle: Path) -> None:
        self._model = model
        self._names = preparation.names
        origins = np.array(preparation.origins, object)
        self._columns = np.array([origins == name for name in self._names])
        self._typical = typical_row(preparation, _profile(bundle))

    @property
    def questions(self) -> int:
        return len(self._names) + 1

    def explain(self, rows: np.ndarray, frame: pd.DataFrame | None, ids: Sequence[str]) -> list[str]:
        del ids
        assert frame is not None, "tables are read as frames"
        cells = zip(*(as_texts(frame[name]).fillna("missing") for name in self._names), strict=True)
        given = [[f"{name}={cell}" for name, cell in zip(self._names, row, strict=True)] for row in cells]
        texts: list[str] = []
        for start in watched(range(0, len(rows), AT_A_TIME), "Explaining rows"):
            effects = self._effects(rows[start : start + AT_A_TIME])
            of_classes = self._model.task.is_classification
            texts += [told(given[start + place], own, of_classes) for place, own in enumerate(effects)]
        return texts

    def _effects(self, rows: np.ndarray) -> np.ndarray:
        def without(places: np.ndarray, stay: np.ndarray) -> np.ndarray:
            replaced = ~stay @ self._columns
            return np.where(replaced, self._typical, rows[places])

        return ablate(self._model, rows, len(self._names), without)


def typical_row(preparation: TablePreparation, profile: Profile | None) -> np.ndarray:
    """float32 (F,): of numbers the median of training, of categories the most frequent one, which the profile knows; a
    missing one, where there is none."""
    numbers = [values[len(values) // 2] if values else np.nan for values in preparation.quantiles]
    codes = [_most_frequent(column, profile) for column in categorical_columns(preparation.columns)]
    return np.array([*numbers, *codes], np.float32)


def _most_frequent(column: CategoricalColumn, profile: Profile | None) -> int:
    known = getattr(profile.features.get(column.name), "shares", {}) if profile else {}
    places = {name: place for place, name in enumerate(column.categories, start=FIRST_CODE)}
    return next((places[name] for name in known if name in places), MISSING_CODE)


def _profile(bundle: Path) -> Profile | None:
    try:
        return read_profile(bundle, "the model")
    except UserError:  # an earlier automl has registered it
        return None
