"""Texts as rows of an array, so that they are split, shared between processes and hashed like any other inputs."""

from collections.abc import Sequence

import numpy as np

MOST_BYTES = 8192
"""Of a text; the rest is cut off. More than any encoder of today's size reads."""


def rows_of(texts: Sequence[str]) -> np.ndarray:
    """uint8 (N, L): the UTF-8 bytes of each, zeros behind; L is the longest's, `MOST_BYTES` at most and 1 at least.
    `texts_of` reads them.

    A text is cut between characters. Null characters, which would be taken for its end, are left out.
    """
    encoded = [_cut(text.replace("\0", "").encode("utf-8", "replace")) for text in texts]
    width = max(map(len, encoded), default=0) or 1
    return np.array(encoded, f"S{width}").view(np.uint8).reshape(len(encoded), width)


def _cut(encoded: bytes) -> bytes:
    return encoded if len(encoded) <= MOST_BYTES else encoded[:MOST_BYTES].decode("utf-8", "ignore").encode()
