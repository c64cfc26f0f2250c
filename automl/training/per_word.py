"""Nets that say something of each token, where what is asked for is something of each word."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn


class PerWord(nn.Module):
    """int64 (N, T), as `word_pieces` has it -> (words, outputs): of each word what the net says at its first token, the
    words of all texts one after the other.

    Args:
        net: int64 (N, T) tokens, zeros behind -> (N, T, outputs).
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pieces: Tensor) -> Tensor:
        outputs: Tensor = self.net(pieces.abs())
        if outputs.shape[:-1] != pieces.shape:
            raise ValueError(
                f"of tokens {tuple(pieces.shape)} a net returns (N, T, outputs), not {tuple(outputs.shape)}"
            )
        return outputs[pieces > 0]


def words_in(pieces: np.ndarray) -> np.ndarray:
    """How many words each row (N, T) has, (N,)."""
    counts: np.ndarray = (pieces > 0).sum(1)
    return counts


def places_of(rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Where the words of `rows`, in that order, stand among those of all rows.

    Args:
        rows: Row numbers (N,), each once.
        counts: Words of each row (N,).
    """
    starts, own = np.cumsum(counts) - counts, counts[rows]
    shifts: np.ndarray = np.repeat(starts[rows] - (np.cumsum(own) - own), own)
    return shifts + np.arange(len(shifts))
