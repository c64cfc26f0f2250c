"""What moved predictions of images: each patch is covered. A heat map for each image shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.data.progress import watched
from automl.errors import UserError
from automl.files import replacing
from automl.serving.explanation.ablation import ablate

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image

    from automl.data import ImagePreparation
    from automl.training.trained import TrainedModel

SIDE = 8
"""Patches along a side."""
LENGTH = 256
"""Pixels of a heat map's longer side, at least."""
RAISED, LOWERED = (200, 30, 30), (30, 60, 200)
"""Colours of patches that speak for the class, and against it."""


class ImageExplainer:
    """Each patch is a part; the mean colour of training covers it."""

    def __init__(self, model: TrainedModel, preparation: ImagePreparation, folder: Path) -> None:
        self._model = model
        self._folder = folder
        _, height, width = preparation.shape
        down, right = (np.minimum(np.arange(size) * SIDE // size, SIDE - 1) for size in (height, width))
        self._patch = down[:, None] * SIDE + right
        self._cover = np.array(preparation.mean, np.float32)[:, None, None] * 255

    @property
    def questions(self) -> int:
        return SIDE * SIDE + 1

    def explain(self, rows: np.ndarray, frame: pd.DataFrame | None, ids: Sequence[str]) -> list[str]:
        del frame
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(
                f"Heat maps can't be written into {self._folder}: {error.strerror}.",
                hint="They lie beside the predictions: name another file with --out.",
            ) from None
        numbered = list(enumerate(zip(rows, ids, strict=True), start=1))
        return [self._explain(image, name, number) for number, (image, name) in watched(numbered, "Explaining images")]

    def _explain(self, image: np.ndarray, name: str, number: int) -> str:
        def without(places: np.ndarray, stay: np.ndarray) -> np.ndarray:
            del places  # there is one
            return np.where(stay[:, self._patch][:, None], image, self._cover).astype(np.uint8)

        effects = ablate(self._model, image[None], SIDE * SIDE, without, together=SIDE * SIDE)[0]
        file = self._folder / f"{number:05d}_{re.sub(r'[^A-Za-z0-9-]+', '_', name.removesuffix('.png'))[-60:]}.png"
        with replacing(file) as path:
            draw(image, effects[self._patch]).save(path, format="PNG")
        return f"{self._folder.name}/{file.name}"


def draw(image: np.ndarray, effects: np.ndarray) -> Image:
    """The image in grey, under the colours of its patches: the stronger the effect, the more of the colour.

    Args:
        image: uint8 (C, H, W).
        effects: float (H, W), of each pixel's patch.
    """
    from PIL import Image as Pillow

    grey = image.mean(axis=0, keepdims=True).repeat(3, axis=0)
    strength = np.abs(effects) / max(float(np.abs(effects).max()), 1e-9)
    colour = np.where(effects > 0, *(np.array(c)[:, None, None] for c in (RAISED, LOWERED)))
    mixed = grey + 0.6 * strength * (colour - grey)
    drawn = Pillow.fromarray(mixed.clip(0, 255).astype(np.uint8).transpose(1, 2, 0))
    times = max(1, -(-LENGTH // max(drawn.size)))
    return drawn.resize((drawn.width * times, drawn.height * times), Pillow.Resampling.NEAREST)
