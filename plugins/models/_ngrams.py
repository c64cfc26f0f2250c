"""Texts as weighted n-grams of their words and characters, hashed: no word of a training text is stored."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

WORD = re.compile(r"\w+")
SHORTEST = 2
"""Characters of an n-gram, at least."""
SPACE = ord(" ")
FACTOR = 1_000_003
"""Of the rolling hash; it overflows, as it may."""
MIXING = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio (Knuth 1973): spreads what was rolled over the upper 32 bits."""

BLOCK = 1_000_000
"""Characters of texts that are taken apart at a time: it takes a hundred times as many bytes."""


@dataclass(frozen=True)
class Grams:
    """The n-grams of texts, text after text.

    Args:
        distinct: How many different ones each text has, int64 (N,).
        hashes: Of these, ascending within a text, uint32 (M,).
        counts: How often the text has each, float32 (M,).
    """

    distinct: "NDArray[np.int64]"
    hashes: "NDArray[np.uint32]"
    counts: "NDArray[np.float32]"


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that training had often enough.

    Args:
        hashes: Of them, ascending, uint32 (F,).
        weights: How telling each is: the inverse of the part of the texts that have it, float32 (F,).
    """

    hashes: "NDArray[np.uint32]"
    weights: "NDArray[np.float32]"

    @classmethod
    def fit(cls, grams: Grams, rarest: int, most: int) -> Self:
        """Those that `rarest` texts have, or more; of too many the `most` frequent."""
        import numpy as np

        hashes, frequencies = np.unique(grams.hashes, return_counts=True)
        kept = np.flatnonzero(frequencies >= rarest)
        if len(kept) > most:
            kept = np.sort(kept[np.argsort(-frequencies[kept], kind="stable")[:most]])
        weights = np.log((1 + len(grams.distinct)) / (1 + frequencies[kept])) + 1
        return cls(hashes[kept], weights.astype(np.float32))

    def rows(self, grams: Grams) -> "csr_matrix":
        """float32 (N, F), rows of length 1, or 0 where none of its n-grams is known."""
        import numpy as np
        from scipy.sparse import csr_matrix

        place = np.searchsorted(self.hashes, grams.hashes).astype(np.int32)
        known = place < len(self.hashes)
        known[known] = self.hashes[place[known]] == grams.hashes[known]
        ends = np.append(0, np.cumsum(known))[np.append(0, np.cumsum(grams.distinct))]
        place = place[known]
        values = (1 + np.log(grams.counts[known])) * self.weights[place]
        text = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        values /= np.sqrt(np.bincount(text, values**2, len(ends) - 1)).astype(np.float32)[text]
        return csr_matrix((values, place, ends), shape=(len(ends) - 1, len(self.hashes)))


def plain(texts: Sequence[str]) -> list[str]:
    """In lower case, each character in its usual form."""
    return [unicodedata.normalize("NFKC", text).lower() for text in texts]


def word_grams(texts: Sequence[str], longest: int) -> Grams:
    """Of one to `longest` words of `plain` texts."""
    return _by_blocks(texts, lambda block: _word_grams(block, longest))


def character_grams(texts: Sequence[str], longest: int) -> Grams:
    """Of two to `longest` characters within a word of `plain` texts, the spaces around it included."""
    return _by_blocks(texts, lambda block: _character_grams(block, longest))


def _by_blocks(texts: Sequence[str], of_block: Callable[[Sequence[str]], Grams]) -> Grams:
    import numpy as np

    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    borders = np.flatnonzero(np.diff(ends // BLOCK)) + 1
    starts = [0, *borders.tolist()]
    parts = [of_block(texts[start:end]) for start, end in zip(starts, [*starts[1:], len(texts)], strict=True)]
    return Grams(*map(np.concatenate, zip(*((p.distinct, p.hashes, p.counts) for p in parts), strict=True)))


def _word_grams(texts: Sequence[str], longest: int) -> Grams:
    import numpy as np

    words = [[1 + crc32(word.encode()) for word in WORD.findall(text)] for text in texts]
    units = np.array([unit for own in words for unit in (*own, 0)], np.uint64)
    return _windows(units, range(1, longest + 1))


def _character_grams(texts: Sequence[str], longest: int) -> Grams:
    import numpy as np

    joined = "".join(f" {' '.join(text.split())} \0" for text in texts)
    units = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.uint64)
    return _windows(units, range(SHORTEST, longest + 1), within=units == SPACE)


def _windows(units: "NDArray[np.uint64]", lengths: range, within: "NDArray[np.bool_] | None" = None) -> Grams:
    """All windows of so many units; 0 stands behind each text.

    Args:
        within: Units that a window may begin or end with, but not have in between.
    """
    import numpy as np

    ends = np.cumsum(units == 0, dtype=np.uint64)
    inner = None if within is None else np.cumsum(within)
    rolled = np.zeros(len(units), np.uint64)
    found = [np.zeros(0, np.uint64)]
    for length in range(1, lengths.stop):
        count = len(units) - length + 1
        if count <= 0:
            break
        rolled = rolled[:count] * np.uint64(FACTOR) + units[length - 1 :]
        if length not in lengths:
            continue
        whole = (ends[length - 1 :] == ends[:count]) & (units[:count] != 0)
        if inner is not None and length > 2:
            whole &= inner[length - 2 : -1] == inner[:count]
        mixed = (rolled[whole] + np.uint64(length)) * np.uint64(MIXING)
        found.append(ends[:count][whole] << np.uint64(32) | mixed >> np.uint64(32))
    pairs, counts = np.unique(np.concatenate(found), return_counts=True)
    texts = int(ends[-1]) if len(ends) else 0
    distinct = np.bincount((pairs >> np.uint64(32)).astype(np.int64), minlength=texts)
    return Grams(distinct, pairs.astype(np.uint32), counts.astype(np.float32))
