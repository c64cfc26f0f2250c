"""Optuna's samplers by our names."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def make_sampler(name: str, seed: int) -> BaseSampler:
    """The sampler called `name`. A grid is enqueued whole (see `proposals`), so its sampler is never asked."""
    from optuna import samplers
    from optuna.exceptions import ExperimentalWarning

    warnings.simplefilter("ignore", ExperimentalWarning)
    if name == "tpe":
        # `group` models conditional parameters jointly; `constant_liar` spreads proposals over parallel workers.
        return samplers.TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)
    if name == "gp":
        return samplers.GPSampler(seed=seed)
    assert name in ("random", "grid"), name
    return samplers.RandomSampler(seed=seed)
