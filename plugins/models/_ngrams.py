"""Texts as weighted n-grams of their words and characters, hashed: no word of a training text is stored."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Grams = tuple[NDArray[np.int64], NDArray[np.uint32]]
    """Of each n-gram in a list of texts: the text's number, and the n-gram's hash."""

WORD = re.compile(r"\w+")
SHORTEST = 2
"""Characters of an n-gram, at least."""
SPACE = ord(" ")
FACTOR = 1_000_003
"""Of the rolling hash; it overflows, as it may."""
MIXING = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio (Knuth 1973): spreads what was rolled over the upper 32 bits."""


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
    def fit(cls, grams: "Grams", texts: int, rarest: int) -> Self:
        """Of the n-grams of so many texts, those that `rarest` texts have, or more."""
        import numpy as np

        numbers, hashes = grams
        distinct = np.unique((hashes.astype(np.uint64) << np.uint64(32)) + numbers.astype(np.uint64))
        hashes, frequencies = np.unique((distinct >> np.uint64(32)).astype(np.uint32), return_counts=True)
        kept = frequencies >= rarest
        weights = np.log((1 + texts) / (1 + frequencies[kept])) + 1
        return cls(hashes[kept], weights.astype(np.float32))

    def rows(self, grams: "Grams", texts: int) -> "csr_matrix":
        """float32 (texts, F), rows of length 1, or 0 where none of its n-grams is known."""
        import numpy as np
        from scipy.sparse import csr_matrix

        numbers, hashes = grams
        place = np.searchsorted(self.hashes, hashes)
        known = place < len(self.hashes)
        known[known] = self.hashes[place[known]] == hashes[known]
        ones = np.ones(known.sum(), np.float32)
        found = csr_matrix((ones, (numbers[known], place[known])), shape=(texts, len(self.hashes)))
        found.data = (1 + np.log(found.data)) * self.weights[found.indices]
        squares = np.bincount(np.repeat(np.arange(texts), np.diff(found.indptr)), found.data**2, texts)
        lengths = np.sqrt(squares).astype(np.float32)
        found.data /= np.repeat(lengths, np.diff(found.indptr))
        return found


def plain(texts: Sequence[str]) -> list[str]:
    """In lower case, each character in its usual form."""
    return [unicodedata.normalize("NFKC", text).lower() for text in texts]


def word_grams(texts: Sequence[str], longest: int) -> "Grams":
    """Of one to `longest` words of `plain` texts."""
    import numpy as np

    words = [[1 + crc32(word.encode()) for word in WORD.findall(text)] for text in texts]
    units = np.array([unit for own in words for unit in (*own, 0)], np.uint64)
    return _windows(units, range(1, longest + 1))


def character_grams(texts: Sequence[str], longest: int) -> "Grams":
    """Of two to `longest` characters within a word of `plain` texts, the spaces around it included."""
    import numpy as np

    joined = "".join(f" {' '.join(text.split())} \0" for text in texts)
    units = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.uint64)
    return _windows(units, range(SHORTEST, longest + 1), within=units == SPACE)


def _windows(units: "NDArray[np.uint64]", lengths: range, within: "NDArray[np.bool_] | None" = None) -> "Grams":
    """The hashes of all windows of so many units; 0 stands behind each text.

    Args:
        within: Units that a window may begin or end with, but not have in between.
    """
    import numpy as np

    ends = np.cumsum(units == 0)
    inner = None if within is None else np.cumsum(within)
    rolled = np.zeros(len(units), np.uint64)
    numbers, hashes = [], []
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
        numbers.append(ends[:count][whole])
        mixed = (rolled[whole] + np.uint64(length)) * np.uint64(MIXING)
        hashes.append((mixed >> np.uint64(32)).astype(np.uint32))
    if not numbers:
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    return np.concatenate(numbers), np.concatenate(hashes)
