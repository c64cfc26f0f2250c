"""What moved predictions of messages: each word is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from automl.data import rows_of, texts_of
from automl.data.progress import watched
from automl.serving.explanation.ablation import ablate
from automl.serving.explanation.explainer import told

if TYPE_CHECKING:
    import pandas as pd

    from automl.training.trained import TrainedModel

MOST_PARTS = 50
"""Of a message with more words, so many together that there are no more parts."""


class TextExplainer:
    """Each word of a message is a part."""

    def __init__(self, model: TrainedModel) -> None:
        self._model = model

    @property
    def questions(self) -> int:
        return MOST_PARTS + 1

    def explain(self, rows: np.ndarray, frame: pd.DataFrame | None, ids: Sequence[str]) -> list[str]:
        del frame, ids
        return [self._explain(text) for text in watched(texts_of(rows), "Explaining messages")]

    def _explain(self, text: str) -> str:
        parts = parts_of(text)
        if not parts:
            return ""

        def without(places: np.ndarray, stay: np.ndarray) -> np.ndarray:
            del places  # there is one
            return rows_of([" ".join(part for part, stays in zip(parts, row, strict=True) if stays) for row in stay])

        effects = ablate(self._model, rows_of([" ".join(parts)]), len(parts), without, together=len(parts))
        return told([f'"{part}"' for part in parts], effects[0], self._model.task.is_classification)


def parts_of(text: str) -> list[str]:
    """A message's words; of a long one, some of them together."""
    words = text.split()
    size = -(-len(words) // MOST_PARTS) or 1
    return [" ".join(words[start : start + size]) for start in range(0, len(words), size)]
