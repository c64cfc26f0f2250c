"""One explainer for each kind of input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from automl.training.trained import TrainedModel

TOP = 5
"""Parts that are named, those with the largest effect."""
LEAST = 0.005
"""An effect on a probability that is smaller isn't named: it would read 0.00."""


class Explainer(Protocol):
    """Says in a few words what moved predictions."""

    @property
    def questions(self) -> int:
        """How often the model is asked for one input, at most."""

    def explain(self, rows: np.ndarray, frame: pd.DataFrame | None, ids: Sequence[str]) -> list[str]:
        """A text for each of some prepared rows.

        Args:
            frame: As they were read; None of images.
        """


def explainer_for(model: TrainedModel, bundle: Path, pictures: Path) -> Explainer:
    """That of a model.

    Args:
        pictures: The folder that heat maps of images are written into.

    Raises:
        UserError: The model gives several values, or a class for each word.
    """
    from automl.data import TablePreparation, TextPreparation
    from automl.serving.explanation.images import ImageExplainer
    from automl.serving.explanation.tables import TableExplainer
    from automl.serving.explanation.texts import TextExplainer

    task = model.task
    if task.is_per_word or (not task.is_classification and task.num_outputs > 1):
        gives = "a class for each word" if task.is_per_word else f"{task.num_outputs} values"
        raise UserError(f"--explain is for one class or one value; the model gives {gives}.", hint="Leave it out.")
    if isinstance(model.preparation, TablePreparation):
        return TableExplainer(model, model.preparation, bundle)
    if isinstance(model.preparation, TextPreparation):
        return TextExplainer(model)
    return ImageExplainer(model, model.preparation, pictures)


def told(names: Sequence[str], effects: np.ndarray, is_classification: bool) -> str:
    """ "duration=48 (+0.21), age=23 (-0.08)": the largest effects first, each on a probability, or on the value."""
    order = np.argsort(-np.abs(effects), kind="stable")[:TOP]
    least = LEAST if is_classification else 0
    form = "+.2f" if is_classification else "+.3g"
    return ", ".join(f"{names[place]} ({effects[place]:{form}})" for place in order if abs(effects[place]) > least)
