"""A few rows that stand for many: drawn by chance, each as likely as any other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 10_000
"""More tell nothing more: what drift is called is large enough to be seen in these."""


def some_rows(count: int, most: int = MOST_ROWS, seed: int = 0) -> np.ndarray:
    """int64, ascending: the numbers of `most` of `count` rows, of all where there are no more."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def draw_rows(blocks: Iterable[pd.DataFrame], most: int = MOST_ROWS, seed: int = 0) -> tuple[pd.DataFrame, int]:
    """`most` rows of a file that is read block by block, in its order, and how many it has.

    Each row gets a random number; those with the smallest ones are kept, so that memory holds a block and these.
    """
    import pandas as pd

    rng, count = np.random.default_rng(seed), 0
    kept, keys = pd.DataFrame(), np.empty(0)
    for block in blocks:
        drawn = rng.random(len(block))
        chosen = drawn < (keys.max() if len(keys) == most else 1)
        kept = pd.concat([kept, block[chosen]], ignore_index=True) if count else block[chosen]
        keys = np.append(keys, drawn[chosen])
        count += len(block)
        if len(keys) > most:
            smallest = np.sort(np.argpartition(keys, most)[:most])
            kept, keys = kept.iloc[smallest], keys[smallest]
    return kept.reset_index(drop=True), count
