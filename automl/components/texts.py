"""Texts as the rows of an array that components are given them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def texts_of(rows: np.ndarray) -> list[str]:
    """The texts of uint8 (N, L): UTF-8, zeros behind. What an `Estimator` of a text task is given."""
    import numpy as np

    cells = np.ascontiguousarray(rows).view(f"S{rows.shape[1]}").ravel().tolist()
    return [cell.decode("utf-8") for cell in cells]
