"""What nets read of texts: tokens, or what a module of theirs makes of the texts itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from automl.data import TextPreparation, texts_of
from automl.training.kept_readings import read_once

Read = Callable[[list[str]], np.ndarray]
TOKENS = "tokens"
"""The name of what the preparation's tokenizer reads: quick enough to do again in each process."""


class Readings:
    """Rows of texts as nets read them.

    A net reads the preparation's tokens, int32 (N, T), zeros behind; one that has a module with a method
    `read(texts)`, what that returns: integers (N, T), tokens with zeros behind, or float32 (N, F). Where that module
    names in its attribute `reads` what it reads, the same name standing for the same rows, it is kept in files, too.

    Args:
        remember: Each distinct text is read once for all nets that read alike.
        cache: Folder for those files; None: there are none.
    """

    def __init__(self, preparation: TextPreparation, *, remember: bool, cache: Path | None = None) -> None:
        self._preparation = preparation
        self._known: dict[str, dict[str, np.ndarray]] | None = {} if remember else None
        self._cache = cache

    def of(self, model: nn.Module, rows: np.ndarray) -> np.ndarray:
        """What `model` reads of uint8 (N, L) rows."""
        name, read = self._reader(model)
        texts = texts_of(rows)
        if self._known is None or name is None:
            return read(texts)
        known = self._known.setdefault(name, {})
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, self._kept(name, new, read), strict=True))
        return _stacked([known[text] for text in texts]) if texts else read(texts)

    def _kept(self, name: str, texts: list[str], read: Read) -> np.ndarray:
        if self._cache is None or name == TOKENS:
            return read(texts)
        return read_once(self._cache / hashlib.sha256(name.encode()).hexdigest()[:32], texts, read)

    def _reader(self, model: nn.Module) -> tuple[str | None, Read]:
        """The name of what it reads, None where there is none, and the function."""
        own = reader_of(model)
        return (TOKENS, self._preparation.tokenize) if own is None else (getattr(own, "reads", None), own.read)


def reader_of(model: nn.Module) -> Any:
    """The module of a net that reads texts itself; None: it reads the preparation's tokens."""
    return next((module for module in model.modules() if callable(getattr(module, "read", None))), None)


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
