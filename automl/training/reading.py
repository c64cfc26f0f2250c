"""What nets read of texts: tokens, or what a module of theirs makes of the texts itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from torch import nn

from automl.data import TextPreparation, texts_of

Read = Callable[[list[str]], np.ndarray]


class Readings:
    """Rows of texts as nets read them.

    A net reads the preparation's tokens, int32 (N, T), zeros behind; one that has a module with a method
    `read(texts)`, what that returns: integers (N, T), tokens with zeros behind, or float32 (N, ...).

    Args:
        remember: Each distinct text is read once for all nets that read alike: those whose module has the same text as
            its attribute `reads`.
    """

    def __init__(self, preparation: TextPreparation, *, remember: bool) -> None:
        self._preparation = preparation
        self._known: dict[str, dict[str, np.ndarray]] | None = {} if remember else None

    def of(self, model: nn.Module, rows: np.ndarray) -> np.ndarray:
        """What `model` reads of uint8 (N, L) rows."""
        name, read = self._reader(model)
        texts = texts_of(rows)
        if self._known is None or name is None:
            return read(texts)
        known = self._known.setdefault(name, {})
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, read(new), strict=True))
        return _stacked([known[text] for text in texts]) if texts else read(texts)

    def _reader(self, model: nn.Module) -> tuple[str | None, Read]:
        """The name of what it reads, None where there is none, and the function."""
        for module in model.modules():
            if callable(read := getattr(module, "read", None)):
                return getattr(module, "reads", None), read
        return "tokens", self._preparation.tokenize


def lengths_of(read: np.ndarray) -> np.ndarray | None:
    """Of tokens (N, T) how many each row has, its padding apart; of anything else None."""
    if read.ndim != 2 or not np.issubdtype(read.dtype, np.integer):
        return None
    lengths: np.ndarray = read.shape[1] - (read[:, ::-1] != 0).argmax(1)
    return np.where((read != 0).any(1), lengths, 0)


def _stacked(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Tokens that were padded to different lengths to the same one; features as they are."""
    longest = max(map(len, rows))
    if all(len(row) == longest for row in rows):
        return np.stack(rows)
    stacked = np.zeros((len(rows), longest), rows[0].dtype)
    for own, row in zip(stacked, rows, strict=True):
        own[: len(row)] = row
    return stacked
