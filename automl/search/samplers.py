"""Samplers by our names: Optuna's, our own, and those of others."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optuna import samplers
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler

from automl.errors import UserError
from automl.search.blend import Blend
from automl.search.tpe import Tpe
from automl.space import Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial, TrialState

HANDOVER = 150
"""Trials after which `gp` would block the search for seconds at each proposal, so `tpe` takes over."""

HUB = "hub:"
"""How the name of a sampler from OptunaHub begins."""


def make_sampler(name: str, space: Space, seed: int, *, objectives: int = 1) -> BaseSampler:
    """The sampler called `name`: one of `automl.config.SAMPLERS`, `module:Class`, or `hub:samplers/...` (OptunaHub);
    `auto` has been settled before (see `choice`).

    A grid is enqueued whole (see `proposals`), so its sampler is never asked.

    Args:
        objectives: How many its study has.

    Raises:
        UserError: Somebody else's sampler can't be imported.
    """
    warnings.simplefilter("ignore", ExperimentalWarning)
    # Its independent sampler does; with constraints of the user's it is refused.
    warnings.filterwarnings("ignore", "Constraints have been set, but CmaEsSampler")
    # Optuna's `group` models conditional parameters jointly, as ours does, too; ours knows one objective.
    tpe = samplers.TPESampler(seed=seed, multivariate=True, group=True) if objectives > 1 else Tpe(space, seed)
    assert name != "auto", "settled before"
    match name:
        case "tpe":
            return tpe
        case "blend":
            return Blend(space, seed)
        case "gp":
            gp = samplers.GPSampler(seed=seed, independent_sampler=tpe, warn_independent_sampling=False)
            return Handover(gp, tpe, after=HANDOVER)
        case "cmaes":
            # It moves what is numeric and always active; TPE proposes the rest. Stopped trials teach it, too.
            return samplers.CmaEsSampler(
                seed=seed,
                independent_sampler=tpe,
                consider_pruned_trials=True,
                warn_independent_sampling=False,
            )
        case "nsga2":
            return samplers.NSGAIISampler(seed=seed)
        case "qmc":
            return samplers.QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False)
        case "random" | "grid":
            return samplers.RandomSampler(seed=seed)
    return _from_elsewhere(name, seed)


class Handover(BaseSampler):
    """One sampler for the first trials of a study, another for those after.

    Args:
        after: Number of the first trial of `second`.
    """

    def __init__(self, first: BaseSampler, second: BaseSampler, *, after: int) -> None:
        self._samplers = (first, second)
        self._after = after

    def _of(self, trial: FrozenTrial) -> BaseSampler:
        return self._samplers[trial.number >= self._after]

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._of(trial).before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self._of(trial).after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        for sampler in self._samplers:
            sampler.reseed_rng()


def _from_elsewhere(name: str, seed: int) -> BaseSampler:
    """`module:Class`, or the sampler of an OptunaHub package; made with the seed if it takes one."""
    try:
        if name.startswith(HUB):
            import optunahub  # type: ignore[import-not-found]

            kinds = vars(optunahub.load_module(name.removeprefix(HUB))).values()
            kind: Any = next(found for found in kinds if inspect.isclass(found) and issubclass(found, BaseSampler))
        else:
            module, _, attribute = name.partition(":")
            kind = getattr(importlib.import_module(module), attribute)
        if not (inspect.isclass(kind) and issubclass(kind, BaseSampler)):
            raise TypeError(f"it must be a subclass of optuna.samplers.BaseSampler, got {kind!r}")
        make: Any = kind
        made: BaseSampler = make(seed=seed) if "seed" in inspect.signature(kind).parameters else make()
    except Exception as error:  # a stranger's code
        raise UserError(
            f"The sampler {name} can't be made: {type(error).__name__}: {error}.",
            hint="Write it as module:Class, or hub:samplers/NAME with the package optunahub installed.",
        ) from error
    return made
