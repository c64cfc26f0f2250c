"""How much each part of an input has to do with what a model says of it: it is taken away, and the model asked again
(occlusion: Zeiler and Fergus 2014, Visualizing and understanding convolutional networks). By captum."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from automl.training.trained import TrainedModel

Without = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(places of rows (B,), which of their parts stay, bool (B, parts)) -> B prepared rows without the others."""


def ablate(model: TrainedModel, rows: np.ndarray, parts: int, without: Without, together: int = 1) -> np.ndarray:
    """float32 (N, parts): by how much each part has raised the probability of the class that the model decides for (of
    the likeliest, where it decides for none), or the value of a regression.

    Args:
        rows: Prepared, (N, ...); the model is asked `parts` + 1 times for each.
        together: Parts that are taken away, one each, in one call of the model, which is then asked for so many copies
            of the rows.
    """
    import torch
    from captum.attr import FeatureAblation

    def ask(present: Tensor, places: Tensor) -> Tensor:
        return torch.from_numpy(model.predict(without(places.numpy(), present.numpy() > 0)))

    found: Tensor = FeatureAblation(ask).attribute(
        torch.ones(len(rows), parts),
        baselines=0,
        target=torch.from_numpy(_outputs(model, rows)),
        additional_forward_args=(torch.arange(len(rows)),),
        perturbations_per_eval=together,
    )
    return found.numpy()


def _outputs(model: TrainedModel, rows: np.ndarray) -> np.ndarray:
    """int64 (N,): which of the model's outputs is explained."""
    if not model.task.is_classification:
        return np.zeros(len(rows), np.int64)
    names = {name: place for place, name in enumerate(model.task.class_names)}
    probabilities, chosen = model.answer(rows)
    likeliest = probabilities.argmax(axis=1).tolist()
    return np.array([names.get(name, place) for name, place in zip(chosen, likeliest, strict=True)], np.int64)
