"""Texts as the rows of an array that components are given them in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

UNKNOWN = 1
"""The token of what a tokenizer doesn't know."""


def texts_of(rows: np.ndarray) -> list[str]:
    """The texts of uint8 (N, L): UTF-8, zeros behind. What an `Estimator` of a text task is given."""
    import numpy as np

    cells = np.ascontiguousarray(rows).view(f"S{rows.shape[1]}").ravel().tolist()
    return [cell.decode("utf-8") for cell in cells]


def word_pieces(text: str, tokens: Iterable[tuple[int, int]], most: int) -> list[int]:
    """The tokens of a text whose words have a class each, as a net reads them: of each word the first token as it is,
    the others negative. A word that no token stands for has `UNKNOWN`.

    Args:
        text: Words with one space between them.
        tokens: Of each token its number, from 1 on, and where it ends, in characters of the text.
        most: So many tokens at most: of long words the last ones are left out.

    Raises:
        ValueError: There are more words.
    """
    number_of = [0, *accumulate(character == " " for character in text)]
    words: list[list[int]] = [[] for _ in range(number_of[-1] + 1)]
    for token, end in tokens:
        words[number_of[end]].append(token)
    if len(words) > most:
        raise ValueError(f"{len(words)} words don't fit into {most} tokens")
    longest = max(map(len, words))
    while longest > 1 and sum(max(1, min(len(word), longest)) for word in words) > most:
        longest -= 1
    pieces: list[int] = []
    for word in words:
        first, *others = word[:longest] or [UNKNOWN]
        pieces += [first, *(-token for token in others)]
    return pieces
