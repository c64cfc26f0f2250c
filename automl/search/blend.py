"""The sampler `blend`: a Gaussian process and `tpe` by turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from automl.search.curves import expected_ends
from automl.search.gaussian import GaussianProcess, log_improvement
from automl.search.points import Points
from automl.search.scales import Rows
from automl.search.tpe import STARTUP, Tpe
from automl.space import Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

HANDOVER = 100
"""Trials after which `tpe` proposes alone: the Gaussian process takes the longer the more there are."""

EVEN, NEAR = 600, 480
"""Candidates drawn evenly, and near the best trials."""

BEST = 8
NEAREST = (0.02, 0.05, 0.1, 0.3)
ROUNDS = (0.1, 0.03, 0.01, 0.003)
"""How far from the best candidates others are looked for, round by round, as a part of a scale."""


class Blend(BaseSampler):
    """Every other trial is where a Gaussian process expects the most improvement (Jones et al. 1998), the others are
    `tpe`'s: what one of them can't model, the other one finds.

    It begins with a Sobol sequence. A trial that was stopped, or still runs, counts as what it is expected to come to
    (see `curves`), one that hasn't begun as the mean that is predicted for it (Ginsbourger et al. 2010), and one that
    breaks a constraint as the worst.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._points = Points(space)
        self._tpe = Tpe(space, seed)
        self._generator = np.random.default_rng(seed)
        self._start = self._points.scales.even(_sobol(len(self._points), seed))

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._tpe.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        others = [t for t in study.get_trials(deepcopy=False, states=states) if t.number != trial.number]
        if len(others) < STARTUP:
            places = self._points.settled(self._start[len(others), None])
            return self._points.configuration(places[0])
        if len(others) % 2 or len(others) >= HANDOVER:
            return self._tpe.sample_relative(study, trial, search_space)
        return self._most_promising(study, others)

    def reseed_rng(self) -> None:
        self._generator = np.random.default_rng()
        self._tpe.reseed_rng()

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._tpe.sample_independent(study, trial, param_name, param_distribution)

    def _most_promising(self, study: Study, others: Sequence[FrozenTrial]) -> dict[str, Any]:
        known, values = _outcomes(others, -1.0 if study.direction.name == "MINIMIZE" else 1.0)
        if len(known) < 2:
            return self._points.configuration(self._points.settled(self._points.random(self._generator, 1))[0])
        places = self._rows(known)
        process = GaussianProcess(features(self._points, places), values)
        means, _ = process.predict(features(self._points, places))
        numbers = {trial.number for trial in known}
        begun = [trial for trial in others if trial.number not in numbers and trial.state == TrialState.RUNNING]
        if begun:
            process.believe(features(self._points, self._rows(begun)))

        def promise(candidates: Rows) -> NDArray[np.float64]:
            return log_improvement(*process.predict(features(self._points, candidates)), best=float(means.max()))

        best = places[np.argsort(-means)[:BEST]]
        even = self._points.settled(self._points.random(self._generator, EVEN))
        candidates = np.vstack([even, self._near(best, NEAR, NEAREST)])
        for distance in ROUNDS:
            candidates = candidates[np.argsort(-promise(candidates))[: 2 * BEST]]
            candidates = np.vstack([candidates, self._near(candidates, NEAR // 2, (distance, distance / 3))])
        return self._points.configuration(candidates[np.argmax(promise(candidates))])

    def _rows(self, trials: Sequence[FrozenTrial]) -> Rows:
        return np.array([self._points.row(trial.params) for trial in trials])

    def _near(self, places: Rows, count: int, distances: Sequence[float]) -> Rows:
        """(count, columns) configurations that differ from some of `places` in a parameter or two: a choice becomes any
        option, a number is moved by about one of `distances`."""
        generator, scales = self._generator, self._points.scales
        places = places[generator.integers(len(places), size=count)]
        even = self._points.random(generator, count)
        changed = generator.random(places.shape) < 1.5 / np.maximum((~np.isnan(places)).sum(1), 1)[:, None]
        changed[np.arange(count), generator.integers(places.shape[1], size=count)] = True
        moved = places + generator.choice(distances, places.shape) * generator.standard_normal(places.shape)
        moved = np.where(scales.options, even, 1 - np.abs(1 - np.abs(moved)))  # back from the scale's ends
        places = np.where(np.isnan(places), even, np.where(changed, moved, places))
        return self._points.settled(np.where(scales.options, places, np.clip(places, 0.0, 1.0)))


def features(points: Points, places: Rows) -> Rows:
    """(n, d) inputs of a Gaussian process: numbers as they are, a choice as one column an option, what isn't active in
    the middle."""
    columns = []
    for column, options in zip(places.T, points.scales.options, strict=True):
        active = ~np.isnan(column)
        if options <= 2:
            columns.append(np.where(active, column, 0.5)[:, None])
        else:
            chosen = np.where(active[:, None], column[:, None] == np.arange(options), 1 / options)
            columns.append(chosen * np.sqrt(0.5))  # two options are as far from each other as the ends of a scale
    return np.hstack(columns)


def _outcomes(trials: Sequence[FrozenTrial], sign: float) -> tuple[list[FrozenTrial], NDArray[np.float64]]:
    """The trials of which something is known, and what each comes to, higher is better."""
    known = [(trial, _curve(trial, sign)) for trial in trials]
    known = [(trial, curve) for trial, curve in known if curve or _breaks(trial)]
    values = np.full(len(known), np.nan)
    whole = [place for place, (trial, _) in enumerate(known) if not _breaks(trial)]
    if whole:
        curves = [known[place][1] for place in whole]
        values[whole] = expected_ends(curves, [known[place][0].state == TrialState.COMPLETE for place in whole])
    worst = np.nanmin(values) if whole else 0.0
    return [trial for trial, _ in known], np.where(np.isnan(values), worst, values)


def _curve(trial: FrozenTrial, sign: float) -> list[float]:
    curve = [sign * value for _, value in sorted(trial.intermediate_values.items())]
    return curve or ([sign * trial.value] if trial.value is not None else [])


def _breaks(trial: FrozenTrial) -> bool:
    return any(value > 0 for value in trial.constraints.values())


def _sobol(columns: int, seed: int) -> Rows:
    """(STARTUP, columns) numbers from 0 to 1, evenly spread."""
    from scipy.stats import qmc  # a second, which other samplers don't need

    power = (STARTUP - 1).bit_length()  # a Sobol sequence is balanced in powers of two
    return np.asarray(qmc.Sobol(max(1, columns), rng=np.random.default_rng(seed)).random_base2(power))[
        :STARTUP, :columns
    ]
