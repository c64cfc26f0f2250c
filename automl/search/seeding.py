"""A sampler's random numbers, made to depend on the place in the search alone.

Optuna stores what was proposed, not the state of the generators. So a search that was broken off would go on with other
numbers than an undisturbed one; instead they are begun anew for each proposal.
"""

from __future__ import annotations

import numpy as np
from optuna.samplers import BaseSampler
from optuna.samplers._lazy_random_state import LazyRandomState


def reseed(sampler: BaseSampler, *place: int) -> None:
    """Begins all generators of a sampler, and of those that it asks, at a `place`: the same gives the same numbers.

    One that keeps generators of another kind than Optuna's own samplers and ours do goes on with them.
    """
    for name, value in list(vars(sampler).items()):
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, np.random.Generator):
                setattr(sampler, name, np.random.default_rng(place))
            elif isinstance(part, LazyRandomState):
                part.rng.seed(place)
            elif isinstance(part, BaseSampler):
                reseed(part, *place)
