"""Which texts nearly say the same: those that share most of their shingles, runs of a few bytes (Broder 1997, On the
resemblance and containment of documents)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHINGLE = 5
"""Bytes of a shingle; up to 8 fit in a number."""
LONGEST = 256
"""Bytes of a text that are looked at."""
BANDS, ROWS = 10, 3
"""Texts whose minima agree in all rows of a band are compared: 95 % of those that share 0.64 of their shingles."""
ALIKE = 0.7
"""The share of common shingles (Jaccard) from which on texts are nearly the same."""
SEED = 0
AT_A_TIME = 500

Pair = tuple[int, int]


def nearest(texts: Sequence[str], others: Sequence[str]) -> list[Pair]:
    """(row of `texts`, row of `others`) of those that are nearly the same, each text once, with the most alike."""
    if not len(texts) or not len(others):
        return []
    own, known = _bands(texts), _bands(others)
    best: dict[int, tuple[float, int]] = {}
    shingles: dict[tuple[bool, int], frozenset[str]] = {}

    def of(is_own: bool, row: int) -> frozenset[str]:
        key = (is_own, row)
        if key not in shingles:
            text = (texts if is_own else others)[row][:LONGEST]
            shingles[key] = frozenset(text[start : start + SHINGLE] for start in range(max(1, len(text) - SHINGLE + 1)))
        return shingles[key]

    for band in range(BANDS):
        keys, first = np.unique(known[:, band], return_index=True)
        place = np.minimum(np.searchsorted(keys, own[:, band]), len(keys) - 1)
        for row in np.flatnonzero(keys[place] == own[:, band]).tolist():
            other = int(first[place[row]])
            one, two = of(True, row), of(False, other)
            alike = len(one & two) / len(one | two)
            if alike >= ALIKE and alike > best.get(row, (0.0, 0))[0]:
                best[row] = (alike, other)
    return [(row, other) for row, (_, other) in sorted(best.items())]


def _bands(texts: Sequence[str]) -> np.ndarray:
    """Of some texts at a time, whose numbers a processor's cache holds."""
    return np.concatenate([_bands_of(texts[start : start + AT_A_TIME]) for start in range(0, len(texts), AT_A_TIME)])


def _bands_of(texts: Sequence[str]) -> np.ndarray:
    """uint64 (N, BANDS): equal where the minima of a band are (Broder et al. 1998, Min-wise independent
    permutations)."""
    encoded = [text.encode()[:LONGEST].ljust(SHINGLE, b"\0") for text in texts]
    letters = np.frombuffer(b"".join(encoded), np.uint8).astype(np.uint64)
    starts = np.cumsum([0, *map(len, encoded)])[:-1]
    count = len(letters) - SHINGLE + 1
    shingles = np.zeros(count, np.uint64)
    for place in range(SHINGLE):
        shingles |= letters[place : count + place] << np.uint64(8 * place)
    across = (starts[1:, None] - np.arange(1, SHINGLE)).ravel()  # those that reach into the next text
    rng = np.random.default_rng(SEED)
    bands = np.zeros((len(texts), BANDS), np.uint64)
    for band in range(BANDS):
        for _ in range(ROWS):
            factor = np.uint64(rng.integers(1 << 62) * 2 + 1)
            hashes = shingles * factor
            hashes ^= hashes >> np.uint64(32)
            hashes *= factor
            hashes[across] = np.iinfo(np.uint64).max
            minima = np.minimum.reduceat(hashes, starts)
            bands[:, band] = bands[:, band] * np.uint64(0x9E3779B97F4A7C15) + (minima ^ (minima >> np.uint64(29)))
    return bands
