"""Starting from what was learnt before: `--warm-start`, an earlier search, and `--portfolio`, a list from many.

Trials of the same data, judged by the same metric, are told to the new study as they ended, in terms of the new space:
Optuna can't change the space of a study (optuna#2328). Of other searches only the best configurations are tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl.components import Choice, Value
from automl.config import Experiment
from automl.errors import UserError
from automl.search.earlier import EarlierSearch, EarlierTrial, find_earlier
from automl.search.objectives import Objectives
from automl.search.portfolio import Portfolio, read_portfolio
from automl.search.prior import KnownTrial, Prior
from automl.search.proposals import key
from automl.space import Configuration, Space, SpaceParameter, chosen_components
from automl.space.space import SWITCHED
from automl.tracking import Store

if TYPE_CHECKING:
    from automl.search.runner import Plan

BEGIN_WITH = 5
"""So many configurations of an earlier search are tried where its values don't count."""

DEAF = ("random", "qmc", "nsga2")
"""Samplers that learn from nothing, or only from what they proposed themselves."""

GONE = "with components that are searched no longer"
OUTSIDE = "outside the space"
CHANGED = "with plugins that have changed"
UNKNOWN = "without what is judged now"
SCHEDULED = "whose parameters changed while they trained"


@dataclass(frozen=True)
class Sources:
    """What `--warm-start` and `--portfolio` name."""

    search: EarlierSearch | None = None
    portfolio: Portfolio | None = None


def find_sources(experiment: Experiment, store: Store) -> Sources:
    """Reads what a search starts from; nothing of it needs the data.

    Raises:
        UserError: It isn't there, damaged or of another kind of task, or the sampler is a grid.
    """
    if not experiment.warm_start and not experiment.portfolio:
        return Sources()
    if experiment.sampler == "grid":
        option = "--warm-start" if experiment.warm_start else "--portfolio"
        raise UserError(
            f"{option} and --sampler grid don't go together: a grid tries every configuration, whatever is known.",
            hint="Leave one of them out.",
        )
    return Sources(
        find_earlier(experiment.warm_start, experiment, store) if experiment.warm_start else None,
        read_portfolio(Path(experiment.portfolio), experiment.task) if experiment.portfolio else None,
    )


def note_prior(plan: Plan, sources: Sources) -> list[str]:
    """Notes in a planned search's folder what it begins with; a line for a person about each source."""
    prior, lines = make_prior(plan, sources)
    if prior != Prior():
        prior.write(plan.folder)
    return lines


def make_prior(plan: Plan, sources: Sources) -> tuple[Prior, list[str]]:
    """What a planned search begins with, and a line for a person about each source."""
    prior, lines = Prior(), []
    if sources.search:
        prior, line = _of_search(sources.search, plan)
        lines.append(line)
    if sources.portfolio:
        listed = [entry.configuration for entry in sources.portfolio.configurations]
        fitting = _distinct(_searched(listed, plan.space), plan.space, after=prior.first)
        lines.append(f"Portfolio {plan.experiment.portfolio}: {len(fitting)} of {len(listed)} configurations go first.")
        prior = Prior(prior.known, (*prior.first, *fitting))
    if not plan.experiment.task.startswith("image-") and plan.experiment.sampler != "grid":
        # On tables and texts models differ much: what is found by chance is no better than their defaults for long.
        each = _distinct(plan.space.default_of_each_model(), plan.space, after=prior.first)
        prior = Prior(prior.known, (*prior.first, *each))
    return prior, lines


def _of_search(earlier: EarlierSearch, plan: Plan) -> tuple[Prior, str]:
    ranked = _searched((trial.configuration for _, trial in earlier.ranked()), plan.space)
    if why := _why_values_do_not_count(earlier, plan):
        first = _distinct(ranked, plan.space)[:BEGIN_WITH]
        return Prior((), tuple(first)), f"Warm start from {earlier.name}: {why}; {_told_of(first)}."
    known, dropped = _converted(earlier, plan)
    # The best one may be among the dropped: then the nearest one to it isn't known yet.
    again = [*ranked[:1], *_best(known, plan)] if known else ranked[:BEGIN_WITH]
    first = _distinct(again, plan.space)
    reasons = ", ".join(f"{number} {reason}" for reason, number in dropped.most_common())
    line = f"{len(known)} trials learnt from, {dropped.total()} dropped" + (f" ({reasons})" if reasons else "")
    return Prior(tuple(known), tuple(first)), f"Warm start from {earlier.name}: {line}; {_told_of(first)}."


def _why_values_do_not_count(earlier: EarlierSearch, plan: Plan) -> str:
    if not earlier.digest or not plan.data.digest.startswith(earlier.digest):
        return "it had other data, or another split of them"
    if earlier.metric != plan.metric.name:
        return f"it was judged by {earlier.metric}, not {plan.metric.name}"
    if plan.experiment.sampler in DEAF:
        return f"{plan.experiment.sampler} learns from no trials but its own"
    return ""


def _told_of(first: list[Configuration]) -> str:
    if not first:
        return "only the default one goes first"
    return (
        "its best configuration goes first" if len(first) == 1 else f"{len(first)} of its best configurations go first"
    )


def _converted(earlier: EarlierSearch, plan: Plan) -> tuple[list[KnownTrial], Counter[str]]:
    """The trials whose figures are true in the new search, and how many others there are, by reason."""
    code = {component.provenance for component in plan.components}
    known = []
    dropped: Counter[str] = Counter()
    for trial in earlier.trials:
        configuration, change = nearest(plan.space, trial.configuration)
        if any("sha256:" in source and source not in code for source in trial.sources):
            change = change or CHANGED
        if trial.record.lineage:
            change = change or SCHEDULED
        told = _judged(trial, f"{earlier.name} {trial.record.number}", configuration, plan.objectives)
        if change or told is None:
            dropped[change or UNKNOWN] += 1
        else:
            known.append(told)
    return known, dropped


def _judged(
    trial: EarlierTrial, origin: str, configuration: Configuration, objectives: Objectives
) -> KnownTrial | None:
    """The trial by the new search's objectives; None where not enough is known of it."""
    values = objectives.values(trial.record) if trial.record.status == "finished" else None
    violations = objectives.violations(trial.record)
    curve = [] if objectives.also else sorted(trial.curve.items())  # Optuna has curves for a single objective only
    if trial.record.status == "finished":
        is_known = values is not None and len(violations) >= len(objectives.constraints)
    else:
        is_known = bool(curve) or any(violation > 0 for violation in violations.values())
    return KnownTrial(origin, configuration, values, violations, curve, trial.record.to_dict()) if is_known else None


def _best(known: Iterable[KnownTrial], plan: Plan) -> list[Configuration]:
    """The configuration with the best value, if any keeps to the constraints."""
    sign = 1 if plan.metric.minimize else -1
    feasible = [trial for trial in known if all(violation <= 0 for violation in trial.violations.values())]
    costs = [(sign * trial.values[0], trial.configuration) for trial in feasible if trial.values]
    return [configuration for _, configuration in sorted(costs, key=lambda pair: pair[0])[:1]]


def nearest(space: Space, configuration: Mapping[str, Value]) -> tuple[Configuration, str]:
    """The configuration of `space` nearest to one of another space.

    What the other space hadn't has its default, or is off where it is a component; what the new one hasn't is left out.

    Returns:
        It, and what makes it another training than the one given: `GONE`, `OUTSIDE`, or "" for nothing.
    """
    chosen: Configuration = {}
    change = ""
    for parameter in space.parameters:
        if parameter.is_active(chosen):
            absent = False if _is_switch(parameter.name) else parameter.default
            value = configuration.get(parameter.name, absent)
            chosen[parameter.name] = _nearest_value(parameter, value)
            change = change if parameter.domain.contains(value) else OUTSIDE
    lost = set(chosen_components(configuration)) - set(chosen_components(chosen))
    return chosen, GONE if lost else change


def _is_switch(name: str) -> bool:
    kind, _, rest = name.partition(".")
    return kind in SWITCHED and "." not in rest


def _nearest_value(parameter: SpaceParameter, value: Value) -> Value:
    domain = parameter.domain
    if domain.contains(value):
        return domain.clip(value)  # 1 for a Float is 1.0; what is a rounding error off a step, on it
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return domain.clip(value) if is_number and not isinstance(domain, Choice) else parameter.default


def _searched(configurations: Iterable[Configuration], space: Space) -> list[Configuration]:
    """Those whose model is searched."""
    models = space["model"].domain
    return [configuration for configuration in configurations if models.contains(configuration.get("model"))]


def _distinct(
    configurations: Iterable[Configuration], space: Space, *, after: Iterable[Configuration] = ()
) -> list[Configuration]:
    """They as points of `space`, without the default, repetitions and those of `after`."""
    seen = {key(space.default()), *map(key, after)}
    found = {key(point): point for point, _ in (nearest(space, configuration) for configuration in configurations)}
    return [point for name, point in found.items() if name not in seen]
