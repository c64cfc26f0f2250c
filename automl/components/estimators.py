"""A model that the engine doesn't train: it fits itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class Estimator(ABC):
    """Fits itself in rounds, so that a weak one is stopped early: gradient boosting, say.

    It sees rows as they were prepared: of a table float32 (N, F), `task.num_numeric` numbers in the data's own units,
    NaN where one is missing, then the categories' codes; of texts uint8 (N, L), which `texts_of` reads.
    """

    @abstractmethod
    def begin(
        self, inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, *, seed: int, threads: int
    ) -> None:
        """Takes in what it learns from; called once, before `fit`.

        Args:
            targets: Class indices int64 (N,), or values float32 (N, task.num_outputs); int64 (N, W) those of a text's
                words, -1 behind the last one.
            weights: Of the rows, float32 (N,); None where all count the same.
            threads: CPU cores that it may use.
        """

    @abstractmethod
    def fit(self, progress: float) -> str | None:
        """Fits on until this part of all its rounds is done, up to 1. A reason to end there, or None."""

    @abstractmethod
    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Probabilities (N, classes), or values (N, task.num_outputs), of what is fitted so far."""

    @abstractmethod
    def dump(self) -> bytes:
        """All that `predict` needs, and `fit` to go on. No pickle: whoever loads it runs no code of it."""

    @abstractmethod
    def load(self, dumped: bytes) -> None:
        """Takes the place of the one that was dumped."""
