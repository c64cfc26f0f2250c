"""The sampler `tpe`: a tree-structured Parzen estimator that stays fast over thousands of trials."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from automl.search.parzen import Parzen
from automl.search.points import Points
from automl.search.scales import Rows, Scales
from automl.space import Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

STARTUP = 10
"""Trials that end before the first one is proposed by what was learnt."""

GOOD_AT_MOST = 25
CANDIDATES = 24
OTHERS_AT_MOST = 500
"""Those that aren't good are looked at up to this number: the latest ones, half of it; of those before, every n-th."""


class Tpe(BaseSampler):
    """Proposes what is likely among the good trials and unlikely among the others (Bergstra et al. 2011), parameters
    that are active together modelled jointly (Falkner et al. 2018). Running trials count among the others, so that
    workers spread (the constant liar).

    It models as Optuna's `TPESampler(multivariate=True, group=True)` does, for a single objective. What that one works
    out anew in each proposal, for each group of parameters, is kept here: which trials are good, and their numbers.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._points = Points(space)
        self._scales = [self._points.scales[group] for group in self._points.groups]
        self._generator = np.random.default_rng(seed)
        self._places: dict[int, Rows] = {}
        self._numbers: list[int] = []
        self._ranked: list[tuple[tuple[float, ...], int]] = []
        self._proposed: tuple[int, dict[str, Any]] = (-1, {})

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        del study, trial
        return self._points.distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        del search_space
        return self._proposal(study, trial)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """For a sampler that proposes some parameters itself: as a whole proposal has it."""
        del param_distribution
        if self._proposed[0] != trial.number:
            self._proposed = trial.number, self._proposal(study, trial)
        proposal = self._proposed[1]
        if param_name not in proposal:  # the other sampler has switched it on
            proposal |= self._points.configuration(self._points.random(self._generator, 1)[0])
        return proposal[param_name]

    def reseed_rng(self) -> None:
        self._generator = np.random.default_rng()

    def _proposal(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        running = self._take_in(study, trial)
        places = self._points.scales.snapped(self._points.random(self._generator, 1))
        if len(self._ranked) >= STARTUP:
            good, others = self._split()
            likely = np.array([self._places[number] for number in good])
            unlikely = np.array([*(self._places[number] for number in others), *running])
            for group, scales in zip(self._points.groups, self._scales, strict=True):
                if self._points.is_active(group[0], places):
                    places[0, group] = self._best(scales, likely[:, group], unlikely[:, group])
        return self._points.configuration(self._points.settled(places)[0])

    def _take_in(self, study: Study, trial: FrozenTrial) -> list[Rows]:
        """Notes the trials that have ended; returns the places of those that run besides `trial`."""
        sign = 1.0 if study.direction.name == "MINIMIZE" else -1.0
        running = []
        for other in study.get_trials(deepcopy=False):
            if other.state == TrialState.RUNNING and other.number != trial.number:
                running.append(self._points.row(other.params))
            elif other.number not in self._places and other.state in (TrialState.COMPLETE, TrialState.PRUNED):
                self._places[other.number] = self._points.row(other.params)
                insort(self._numbers, other.number)
                insort(self._ranked, (rank(other, sign), other.number))
        return running

    def _split(self) -> tuple[list[int], list[int]]:
        """Numbers of the good trials and of the others, ascending."""
        count = min(math.ceil(0.1 * len(self._ranked)), GOOD_AT_MOST)
        good = sorted(number for _, number in self._ranked[:count])
        looked_at = thinned(self._numbers, OTHERS_AT_MOST + count)
        return good, [number for number in looked_at if number not in good]

    def _best(self, scales: Scales, good: Rows, others: Rows) -> Rows:
        """Of some places drawn from the good trials' density those with the best ratio."""
        likely, unlikely = (Parzen(scales, places[~np.isnan(places[:, 0])]) for places in (good, others))
        candidates = likely.sample(self._generator, CANDIDATES)
        ratios = likely.log_density(candidates) - unlikely.log_density(candidates)
        best: Rows = candidates[np.argmax(ratios)]
        return best


def rank(trial: FrozenTrial, sign: float) -> tuple[float, ...]:
    """Sorts trials, best first: those that finished by value, those that were stopped by how far they came and their
    value there, those that break constraints by how much.

    Args:
        sign: -1 where the metric is maximized.
    """
    violation = sum(value for value in trial.constraints.values() if value > 0)
    if violation > 0:
        return 2, violation
    if trial.state == TrialState.COMPLETE:
        return 0, sign * float(trial.value or 0.0)
    last = max(trial.intermediate_values.items(), default=(-1, 0.0))
    return 1, -last[0], math.inf if math.isnan(last[1]) else sign * last[1]


def thinned(numbers: Sequence[int], most: int) -> list[int]:
    """At most so many of ascending numbers: the latest half of them, and evenly of those before."""
    if len(numbers) <= most:
        return list(numbers)
    before = numbers[: -(most // 2)]
    return [before[i] for i in np.linspace(0, len(before) - 1, most - most // 2).round().astype(int)] + list(
        numbers[-(most // 2) :]
    )
