"""Prose in a column, as a few numbers: latent semantic analysis (Deerwester et al. 1990) of its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from automl.data.table.values import as_texts

if TYPE_CHECKING:
    import pandas as pd

WORDS = 1_000
"""The most frequent ones are known."""
TOPICS = 16
SAMPLE = 20_000
"""Rows that the topics are learned from."""
SEED = 0


@dataclass(frozen=True)
class TextColumn:
    """Prose: its length, its number of words, and how much of each topic it has.

    Args:
        words: Those known, each in two texts of training at least.
        rarity: Of each word, its inverse document frequency.
        loadings: Of each word, how much it says of each topic.
    """

    role: ClassVar = "text"
    name: str
    words: tuple[str, ...]
    rarity: tuple[float, ...]
    loadings: tuple[tuple[float, ...], ...]

    @property
    def features(self) -> tuple[str, ...]:
        topics = len(self.loadings[0]) if self.loadings else 0
        return (f"{self.name} letters", f"{self.name} words", *(f"{self.name} topic {k}" for k in range(1, topics + 1)))

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        from sklearn.decomposition import TruncatedSVD  # type: ignore[import-untyped,unused-ignore]
        from sklearn.feature_extraction.text import CountVectorizer  # type: ignore[import-untyped,unused-ignore]

        texts = as_texts(column).dropna()
        texts = texts.sample(min(SAMPLE, len(texts)), random_state=SEED)
        try:
            words = tuple(CountVectorizer(min_df=2, max_features=WORDS).fit(texts).get_feature_names_out())
        except ValueError:  # no word is in two texts
            return cls(str(column.name), (), (), ())
        counts = _counts(texts, words)
        documents = np.asarray((counts > 0).sum(axis=0)).ravel()
        rarity = np.log((1 + len(texts)) / (1 + documents)) + 1
        topics = min(TOPICS, len(words), len(texts)) - 1
        if topics < 1:
            return cls(str(column.name), (), (), ())
        svd = TruncatedSVD(topics, random_state=SEED).fit(_weighted(counts, rarity))
        loadings = tuple(map(tuple, svd.components_.T.round(5).tolist()))
        return cls(str(column.name), words, tuple(rarity.round(5).tolist()), loadings)

    def numbers(self, column: pd.Series) -> np.ndarray:
        """float64 (N, features), NaN where missing."""
        texts = as_texts(column)
        filled = texts.fillna("")
        lengths = np.stack([filled.str.len(), filled.str.count(r"\S+")], axis=1).astype(np.float64)
        topics = np.zeros((len(texts), 0))
        if self.words:
            topics = _weighted(_counts(filled, self.words), np.array(self.rarity)) @ np.array(self.loadings)
        numbers = np.concatenate([lengths, topics], axis=1)
        numbers[texts.isna()] = np.nan
        return numbers


def _counts(texts: pd.Series, words: tuple[str, ...]) -> Any:
    """Sparse (N, words): how often each text has each word."""
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(vocabulary=words).transform(texts)


def _weighted(counts: Any, rarity: np.ndarray) -> Any:
    """Sparse (N, words), each text of length 1."""
    from sklearn.preprocessing import normalize  # type: ignore[import-untyped,unused-ignore]

    return normalize(counts.multiply(rarity).tocsr())
