"""The density that `tpe` estimates from trials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from automl.search.scales import Rows, Scales

RECENT = 25
"""So many of the latest trials count fully, those before them the less the older they are (Bergstra et al. 2013)."""

NARROWEST = 100
"""A kernel is no narrower than this part of its scale."""


class Parzen:
    """A mixture of products: one kernel on each trial, and a wide one, the prior.

    A number has a normal distribution, cut off at the ends of its scale, as wide as its neighbours are far; a choice
    mostly the trial's option. These are the choices of Optuna's `TPESampler` (Watanabe 2023, arXiv:2304.11127).

    Args:
        places: (trials, columns) of the scales, in the order of the trials.
    """

    def __init__(self, scales: Scales, places: Rows) -> None:
        self._scales = scales
        self._numeric = np.flatnonzero(scales.options == 0)
        count, numbers = len(places), places[:, self._numeric]
        weights = np.append(_age_weights(count), 1.0)
        self._weights = weights / weights.sum()
        self._centers = np.vstack([numbers, np.full(len(self._numeric), 0.5)])
        self._widths = np.vstack([_widths(numbers), np.ones(len(self._numeric))])
        self._low, self._high = self._cumulated(np.array(0.0), np.array(1.0))
        self._choices = {
            column: _option_weights(places[:, column], scales.options[column])
            for column in np.flatnonzero(scales.options)
        }

    def sample(self, generator: np.random.Generator, count: int) -> Rows:
        """(count, columns) places, snapped to values."""
        kernels = generator.choice(len(self._weights), count, p=self._weights)
        places = np.empty((count, len(self._scales.options)))
        low, high = self._low[kernels], self._high[kernels]
        quantiles = low + generator.random(low.shape) * (high - low)
        places[:, self._numeric] = np.clip(self._centers[kernels] + self._widths[kernels] * ndtri(quantiles), 0.0, 1.0)
        for column, weights in self._choices.items():
            beyond = generator.random((count, 1)) >= weights[kernels].cumsum(1)[:, :-1]
            places[:, column] = beyond.sum(1)
        return self._scales.snapped(places)

    def log_density(self, places: Rows) -> NDArray[np.float64]:
        """(n,) of snapped places (n, columns); of a value with steps, the probability of its share."""
        begin, end = (side[:, None, self._numeric] for side in self._scales.shares(places))
        logs = np.log(self._weights / (self._high - self._low).prod(1))
        stepped = (begin < end).any((0, 1))
        low, high = self._cumulated(begin[..., stepped], end[..., stepped], stepped)
        with np.errstate(divide="ignore"):  # far from a kernel
            logs = logs + np.log(high - low).sum(2)
        widths = self._widths[:, ~stepped]
        distances = (begin[..., ~stepped] - self._centers[:, ~stepped]) / widths
        logs -= 0.5 * (distances**2).sum(2) + np.log(np.sqrt(2 * np.pi) * widths).sum(1)
        for column, weights in self._choices.items():
            logs += np.log(weights[:, places[:, column].astype(int)]).T
        most = logs.max(1, keepdims=True)
        density: NDArray[np.float64] = most[:, 0] + np.log(np.exp(logs - most).sum(1))
        return density

    def _cumulated(self, begin: Rows, end: Rows, columns: Any = slice(None)) -> tuple[Rows, Rows]:
        """Of each kernel the probability below `begin` and below `end`, if it weren't cut off."""
        centers, widths = self._centers[:, columns], self._widths[:, columns]
        return ndtr((begin - centers) / widths), ndtr((end - centers) / widths)


def _age_weights(count: int) -> NDArray[np.float64]:
    older = max(0, count - RECENT)
    return np.concatenate([np.linspace(1 / max(1, count), 1, older), np.ones(count - older)])


def _widths(centers: Rows) -> Rows:
    """(n, columns): the distance to the farther one of a center's two neighbours; the scale's ends are neighbours, too,
    but of the outermost centers where there are others."""
    order = np.argsort(centers, axis=0)
    ordered = np.take_along_axis(centers, order, 0)
    ends = np.zeros((1, centers.shape[1]))
    gaps = np.diff(np.vstack([ends, ordered, ends + 1]), axis=0)
    wider = np.maximum(gaps[:-1], gaps[1:])
    if len(centers) > 1:
        wider[0], wider[-1] = gaps[1], gaps[-2]
    widths = np.empty_like(wider)
    np.put_along_axis(widths, order, wider, 0)
    return np.clip(widths, 1 / min(NARROWEST, 2 + len(centers)), 1.0)


def _option_weights(chosen: NDArray[np.float64], options: int) -> Rows:
    """(n + 1, options): each trial's own option, and a little of the others; the prior's are even."""
    weights = np.full((len(chosen) + 1, options), 1 / (len(chosen) + 1))
    weights[np.arange(len(chosen)), chosen.astype(int)] += 1
    weights /= weights.sum(1, keepdims=True)
    return weights
