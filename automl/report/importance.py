"""Which parameters mattered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.errors import UserError
from automl.search.notes import find_search
from automl.search.runner import Plan
from automl.search.studies import read_trials

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

FEWEST = 10
"""Finished trials from which on importance says something."""

SHOWN = 10


def importance(plan: Plan) -> dict[str, float]:
    """The parameters that all trials have, the most important first, with their shares, which add up to 1: by how much
    the best tenth of the trials has other values than all (PED-ANOVA: Watanabe et al. 2023, IJCAI). Empty where too few
    have finished, or there are several objectives."""
    if plan.experiment.minimize:
        return {}
    try:
        trials = read_trials(find_search(plan.folder.parents[1], plan.folder.name))
    except UserError:  # its database is away: the rest can be told
        return {}
    return importance_of(trials, minimize=plan.metric.minimize)


def importance_of(trials: Iterable[FrozenTrial], *, minimize: bool) -> dict[str, float]:
    """Of trials of a study with one objective."""
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    done = [trial for trial in trials if trial.state == optuna.trial.TrialState.COMPLETE]
    if len(done) < FEWEST:
        return {}
    study = optuna.create_study(direction="minimize" if minimize else "maximize")
    study.add_trials(done)
    common = [name for name in done[0].params if all(name in trial.params for trial in done)]
    try:
        found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(), params=common)
    except (ValueError, RuntimeError):  # all trials alike
        return {}
    return dict(list(found.items())[:SHOWN])
