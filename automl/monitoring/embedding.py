"""What a net makes of its inputs, in few numbers: where they lie along the directions in which training differs most,
and how far off these.

Tests of few such projections find most shifts of images and texts (Rabanser, Gunnemann and Lipton 2019, Failing loudly:
an empirical study of methods for detecting dataset shift).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from automl.monitoring.distributions import Measures

DIRECTIONS = 8
MOST_WEIGHTS = 8_192
"""Fewer directions of wide embeddings: a profile is to stay small."""
SMALLEST = 1e-6
"""A direction in which training differs less than that, beside the first one, is none."""
DIGITS = 4
MOST_LEARNED, MOST_VECTORS = 500, 1_000
"""Rows that are embedded to find the directions, and to compare what lies along them: nets are slow."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of embeddings.

    Args:
        mean: (D,).
        directions: (K, D).
    """

    mean: np.ndarray
    directions: np.ndarray

    @classmethod
    def fit(cls, vectors: np.ndarray) -> Self:
        """Of float32 (N, D)."""
        mean = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - mean
        # Of few long vectors their products tell the same as the vectors, in a twentieth of the time.
        strengths, weights = np.linalg.eigh(centred @ centred.T)
        told = int((strengths > SMALLEST * strengths[-1]).sum())
        width = max(1, min(DIRECTIONS, told, MOST_WEIGHTS // vectors.shape[1]))
        directions = weights[:, : -width - 1 : -1].T @ centred
        directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
        return cls.from_dict({"mean": mean.tolist(), "directions": directions.tolist()})

    def measures(self, vectors: np.ndarray) -> Measures:
        """Of float32 (N, D)."""
        centred = vectors - self.mean
        along = centred @ self.directions.T
        off = np.linalg.norm(centred - along @ self.directions, axis=1)
        found = {f"embedding {number}": values for number, values in enumerate(along.T, start=1)}
        return found | {"embedding distance": off}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back."""
        return {"mean": _rounded(self.mean), "directions": [_rounded(row) for row in self.directions]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        mean, directions = (np.array(values[key], np.float64) for key in ("mean", "directions"))
        rounded = [np.array(_rounded(row), np.float32) for row in (mean, *directions)]
        return cls(rounded[0], np.stack(rounded[1:]))


def _rounded(row: np.ndarray) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in row.tolist()]
