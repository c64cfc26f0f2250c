"""Predictions with their targets, as they are or drawn again and again: what metrics are computed of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Labels = NDArray[Any]
T = TypeVar("T")

POSITIVE = 1
"""Index of the positive class of two: the second one."""


def labels_of(targets: Labels) -> Labels:
    """Class indices (N,) or values (N, outputs) as they are; of the words of sentences, int64 (sentences, W) with -1
    behind the last word, one after the other: (words,)."""
    return targets[targets >= 0] if _is_per_word(targets) else targets


def _is_per_word(targets: Labels) -> bool:
    return targets.ndim == 2 and bool(np.issubdtype(targets.dtype, np.integer))


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows from the highest score to the lowest.

    Args:
        order: The rows' numbers, (N,).
        positive: Whether they are positive, in that order.
        last: Places of the last rows of each score, (scores,): ties pass a threshold together.
    """

    order: Array
    positive: Array
    last: Array

    @classmethod
    def by(cls, scores: Array, positive: Array) -> Ranking:
        """By scores (N,); which rows are positive is bool (N,)."""
        order = np.argsort(-scores, kind="stable")
        last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
        return cls(order, positive[order], last)


@dataclass(frozen=True, eq=False)
class Curve:
    """What is scored at or above each threshold, from the highest on; the first threshold is above all scores.

    Args:
        positives, negatives: float64 (resamples, thresholds), each ascending along a row.
    """

    positives: Array
    negatives: Array

    @classmethod
    def of(cls, ranking: Ranking, counts: Array) -> Curve:
        """Of ranked rows; their copies are `counts`, (resamples, N)."""
        drawn = counts[:, ranking.order]

        def passed(rows: Array) -> Array:
            below = np.zeros((len(counts), len(ranking.last) + 1))
            below[:, 1:] = np.cumsum(rows, axis=1)[:, ranking.last]
            return below

        positives = passed(drawn * ranking.positive)
        return cls(positives, passed(drawn) - positives)


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows that are scored, with how often each of some resamples has them. A metric is one number per resample.

    Args:
        predictions: Probabilities (N, classes) or values (N, outputs).
        targets: Class indices (N,), or values (N, outputs).
        counts: float64 (resamples, N).
        sentences: Where rows are words, the number of each one's sentence, int (N,) ascending.
    """

    predictions: Array
    targets: Labels
    counts: Array
    sentences: Array | None = None
    _known: dict[Callable[..., Any], Any] = field(default_factory=dict)

    @classmethod
    def as_it_is(cls, predictions: Array, targets: Labels) -> Sample:
        """Each row once: one resample, which is the sample itself. Targets of words see `labels_of`."""
        sentences = np.nonzero(targets >= 0)[0] if _is_per_word(targets) else None
        labels = labels_of(targets)
        return cls(predictions, labels, np.ones((1, len(labels))), sentences)

    def drawn(self, counts: Array) -> Sample:
        """Resamples of the same rows."""
        return replace(self, counts=counts)

    def once(self, compute: Callable[..., T], *more: Any) -> T:
        """`compute(predictions, targets, *more)`: what hangs on the rows alone isn't computed for each resample
        again."""
        if compute not in self._known:
            self._known[compute] = compute(self.predictions, self.targets, *more)
        found: T = self._known[compute]
        return found

    def mean(self, rows: Array) -> Array:
        """(resamples,), of the values of rows (N,); or (resamples, K) of (N, K)."""
        sizes = self.sizes if rows.ndim == 1 else self.sizes[:, None]
        mean: Array = self.counts @ rows / sizes
        return mean

    @cached_property
    def sizes(self) -> Array:
        """How many rows each resample has, (resamples,): of words not all the same."""
        sizes: Array = self.counts.sum(1)
        return sizes

    @cached_property
    def per_class(self) -> tuple[Array, Array, Array]:
        """Right predictions, rows that are of the class, rows predicted as it: (resamples, classes) each."""
        hits, actual, predicted = (self.counts @ rows for rows in self.once(_class_members))
        return hits, actual, predicted

    @cached_property
    def curve(self) -> Curve:
        """Of the positive class of two."""
        return Curve.of(self.once(_rankings)[0], self.counts)

    def curves(self) -> Iterator[Curve]:
        """The curve of two classes; of several, each one's against the rest."""
        if self.predictions.shape[1] == 2:
            yield self.curve
        else:  # one at a time: each is as big as the counts
            yield from (Curve.of(ranking, self.counts) for ranking in self.once(_rankings))


def _rankings(probabilities: Array, targets: Labels) -> list[Ranking]:
    width = probabilities.shape[1]
    labels = [POSITIVE] if width == 2 else range(width)
    return [Ranking.by(probabilities[:, label], targets == label) for label in labels]


def _class_members(probabilities: Array, targets: Labels) -> tuple[Array, Array, Array]:
    """Whether a row is rightly predicted as a class, is of it, is predicted as it: float64 (N, classes) each."""
    classes = np.arange(probabilities.shape[1])
    actual, predicted = targets[:, None] == classes, probabilities.argmax(1)[:, None] == classes
    hits, actual, predicted = (rows.astype(np.float64) for rows in (actual & predicted, actual, predicted))
    return hits, actual, predicted
