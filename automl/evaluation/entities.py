"""How many entities are found as they are: whole ones, of the right type. In numpy, for many resamples at once; tests
compare it with seqeval's (Nakayama 2018, who follows the script of CoNLL-2000)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.evaluation.sample import Array, Labels, Sample


def entity_f1(sample: Sample) -> Array:
    """Of all entities, whatever their type (micro): those that are right in both ends and in their type."""
    hits, actual, predicted = (sample.counts @ rows for rows in sample.once(_entities, sample.sentences))
    total = actual + predicted
    share: Array = np.where(total > 0, 2 * hits / np.maximum(total, 1), np.nan)
    return share


@dataclass(frozen=True, eq=False)
class Chunks:
    """The entities of words.

    Args:
        first, last: Of each entity its first and last word, int (entities,), ascending.
        kinds: The number of its type, from 1 on: that of the classes 2 kind - 1 (B) and 2 kind (I).
    """

    first: Array
    last: Array
    kinds: Array

    @classmethod
    def of(cls, labels: Labels, sentences: Array) -> Chunks:
        """By class indices and sentences of words, int (words,) each: 0 is none, odd ones begin an entity; so does what
        continues another one than the word before it has."""
        kinds = (labels + 1) // 2
        before = np.append(0, kinds)[:-1] * (np.append(-1, sentences)[:-1] == sentences)
        begins = (kinds > 0) & ((labels % 2 == 1) | (before != kinds))
        first = np.flatnonzero(begins)
        goes_on = (kinds > 0) & ~begins
        ends = np.append(np.flatnonzero(~goes_on), len(labels))  # the word behind an entity is one of these
        last = ends[np.searchsorted(ends, first, side="right")] - 1
        return cls(first, last, kinds[first])


def _entities(probabilities: Array, targets: Labels, sentences: Array) -> tuple[Array, Array, Array]:
    """Entities found as they are, entities there are, entities found: of each word how many begin there, float64
    (words,) each."""
    hits, actual, predicted = np.zeros((3, len(targets)))
    there, found = Chunks.of(targets, sentences), Chunks.of(probabilities.argmax(1), sentences)
    actual[there.first] = 1
    predicted[found.first] = 1
    _, ours, theirs = np.intersect1d(there.first, found.first, assume_unique=True, return_indices=True)
    right = (there.last[ours] == found.last[theirs]) & (there.kinds[ours] == found.kinds[theirs])
    hits[there.first[ours[right]]] = 1
    return hits, actual, predicted
