"""What is tried next: the study's sampler, the default configuration first, nothing twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING

from automl.components import Value
from automl.errors import UserError
from automl.space import Configuration, Space

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

PATIENCE = 10
"""Repeated proposals in a row after which the sampler is helped on to a configuration that wasn't tried."""

FIRST = "first"
"""The study's attribute that lists what goes after the default configuration (see `prior`)."""

_PLACE = "place"
"""The attribute of what goes first: its place."""


class Proposals:
    """Asks a study for configurations of a space, each distinct one once.

    Args:
        exhaustive: The whole grid is proposed, in its order; otherwise the default configuration comes first, then
            those that the study lists as `FIRST`.
        seed: Of what is proposed: with the same results it is the same, also where a search was broken off.

    Raises:
        UserError: `exhaustive`, and the space has a continuous parameter.
    """

    def __init__(self, study: Study, space: Space, *, exhaustive: bool, seed: int) -> None:
        self._study = study
        self._space = space
        self._seed = seed
        self._distributions: dict[tuple[str, BaseDistribution], BaseDistribution] = {}
        trials = study.get_trials(deepcopy=False)
        self._seen = {key(t.user_attrs["configuration"]) for t in trials if "configuration" in t.user_attrs}
        for trial in trials:
            self._share_distributions(trial)
        self._grid: Iterator[Configuration] | None = space.grid() if exhaustive else None
        if not exhaustive:
            self._enqueue_first()

    def next(self, avoided: Container[Value] = ()) -> tuple[Trial, Configuration] | None:
        """A new trial of the study and its configuration; None when the space is exhausted.

        Args:
            avoided: Models that are only proposed where nothing else comes up, or on a grid.
        """
        if self._grid is not None:
            unseen = self._next_unseen(self._grid)
            if unseen is None:
                return None
            self._enqueue(unseen)
        for attempt in range(2 * PATIENCE):
            stuck = attempt >= PATIENCE
            left_out = () if self._grid or attempt == 2 * PATIENCE - 1 else avoided
            if stuck and not self._enqueue_unseen():
                return None
            proposed = self._at_random(attempt, left_out) if stuck else self._ask(attempt, left_out)
            if proposed:
                return proposed
        return None

    def _ask(self, attempt: int, avoided: Container[Value]) -> tuple[Trial, Configuration] | None:
        from optuna.trial import TrialState

        from automl.search.seeding import reseed

        # Not by the trial's number: those that a kill, or a repetition, has used up say nothing of the search.
        reseed(self._study.sampler, self._seed, len(self._seen), attempt)
        trial = self._study.ask()
        configuration = self._space.suggest(trial)
        if key(configuration) in self._seen:
            # A failed trial teaches the sampler nothing, which is right: its value is known from the first time.
            self._study.tell(trial, state=TrialState.FAIL)
            return None
        if configuration.get("model") in avoided:
            # Stopped at once: a sampler that begins with a list of its own goes on to the next.
            self._study.tell(trial, state=TrialState.PRUNED)
            return None
        self._seen.add(key(configuration))
        trial.set_user_attr("configuration", configuration)
        self._share_distributions(self._study.get_trials(deepcopy=False)[trial.number])
        return trial, configuration

    def _share_distributions(self, trial: FrozenTrial) -> None:
        """Else each trial has those of its parameters to itself, which is most of what it takes in memory."""
        for name, own in trial.distributions.items():
            trial.distributions[name] = self._distributions.setdefault((name, own), own)

    def _at_random(self, attempt: int, avoided: Container[Value]) -> tuple[Trial, Configuration] | None:
        """For a sampler that proposes the same again and again: from its repetitions it learns nothing."""
        from optuna.samplers import RandomSampler

        stuck = self._study.sampler
        self._study.sampler = RandomSampler()
        try:
            return self._ask(attempt, avoided)
        finally:
            self._study.sampler = stuck

    def _enqueue_first(self) -> None:
        """What isn't enqueued yet: of a search that was killed some may be, or were lost while they were asked for."""
        from optuna.trial import TrialState

        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        enqueued = {trial.user_attrs.get(_PLACE) for trial in waiting}
        for place, configuration in enumerate([self._space.default(), *self._study.user_attrs.get(FIRST, ())]):
            if place not in enqueued and key(configuration) not in self._seen:
                self._enqueue(configuration, {_PLACE: place})

    def _enqueue(self, configuration: Configuration, attributes: dict[str, int] | None = None) -> None:
        searched = {p.name for p in self._space.searched}
        values = {name: value for name, value in configuration.items() if name in searched}
        self._study.enqueue_trial(values, attributes)

    def _enqueue_unseen(self) -> bool:
        try:
            unseen = self._next_unseen(self._space.grid())
        except UserError:
            return True  # continuous or huge: something new will come up at random
        if unseen is None:
            return False
        self._enqueue(unseen)
        return True

    def _next_unseen(self, grid: Iterator[Configuration]) -> Configuration | None:
        return next((configuration for configuration in grid if key(configuration) not in self._seen), None)


def key(configuration: Mapping[str, Value]) -> str:
    """The same short text for the same configuration, in whatever order it was made."""
    return hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()
