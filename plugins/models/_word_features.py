"""What can be told of a word without having learned anything: itself, its ends, its shape, and those of its neighbours;
hashed, so that no word of a training text is stored."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST = 4
"""Characters of a beginning or an end."""
NEAR = 4
"""Of a word's features so many, the first ones, are told of its neighbours."""
FACTOR = 1_000_003
MIXING = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio (Knuth 1973): spreads what was combined over the upper 32 bits."""


def hashed_features(texts: Sequence[str], window: int) -> "NDArray[np.uint32]":
    """Of the words of all texts (words, F), 0 where there is none.

    Args:
        texts: Words with one space between them.
        window: Neighbours at each side that are looked at.
    """
    import numpy as np

    sentences = [text.split(" ") for text in texts]
    known: dict[str, int] = {"": 0}  # what stands beyond a sentence's ends
    words = np.array([known.setdefault(word, len(known)) for sentence in sentences for word in sentence], np.int64)
    owners = np.repeat(np.arange(len(sentences)), [len(sentence) for sentence in sentences])
    table = np.array([_features(word) for word in known], np.uint64)

    def at(offset: int) -> "NDArray[np.int64]":
        place = np.arange(len(words)) + offset
        inside = np.clip(place, 0, max(0, len(words) - 1))
        return np.where((place == inside) & (owners[inside] == owners), words[inside], 0)

    own, columns = table[words], [table[words]]
    for offset in range(1, window + 1):
        for side in (-offset, offset):
            columns.append(_combined(table[at(side)][:, : NEAR if offset == 1 else 2], side + window + 1))
    if window:
        columns += [_combined(table[at(side)][:, :1], own[:, :1] + np.uint64(side + 1)) for side in (-1, 1)]
    found = np.concatenate(columns, 1)
    return (found >> np.uint64(32)).astype(np.uint32)


def known_features(features: "NDArray[np.uint32]", rarest: int, most: int) -> "NDArray[np.uint32]":
    """The features that `rarest` words have, or more; of these the `most` frequent ones. Ascending."""
    import numpy as np

    hashes, counts = np.unique(features[features > 0], return_counts=True)
    hashes, counts = hashes[counts >= rarest], counts[counts >= rarest]
    return np.sort(hashes[np.argsort(-counts, kind="stable")[:most]])


def _combined(features: "NDArray[np.uint64]", other: "NDArray[np.uint64] | int") -> "NDArray[np.uint64]":
    import numpy as np

    with np.errstate(over="ignore"):
        return np.where(features > 0, (features * np.uint64(FACTOR) + np.uint64(other)) * np.uint64(MIXING), 0)


def _features(word: str) -> list[int]:
    """Always as many, 0 where there is none: what is written, its shape, its shape in short, its end, ..."""
    plain = word.lower()
    shape = "".join(map(_class, word))
    short = "".join(mark for place, mark in enumerate(shape) if not place or mark != shape[place - 1])
    ends = [plain[-length:] if len(plain) >= length else "" for length in range(1, LONGEST + 1)]
    starts = [plain[:length] if len(plain) >= length else "" for length in range(1, LONGEST + 1)]
    told = [plain or "<>", short, ends[2], starts[2], word, shape, ends[0], ends[1], ends[3], *starts[:2], starts[3]]
    return [_hash(f"{place} {text}") if text else 0 for place, text in enumerate(told)]


def _hash(text: str) -> int:
    return ((1 + crc32(text.encode())) * MIXING) & 0xFFFFFFFFFFFFFFFF


def _class(character: str) -> str:
    if character.isdigit():
        return "0"
    if not character.isalpha():
        return character
    return "X" if character.isupper() else "x"
