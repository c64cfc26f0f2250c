"""Composing a space: the components that fit the task, the engine's settings, and what the experiment narrows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from automl.components import KINDS, Catalog, Choice, Component, Domain, Int, Parameter, Task, Value, parameters_of
from automl.components.domains import Text, text
from automl.errors import UserError, unknown
from automl.space.narrow import narrow, narrowed
from automl.space.selection import listed
from automl.space.settings import FOR_ALL, TrainingSettings
from automl.space.space import SWITCHED, Space, SpaceParameter
from automl.space.switches import switches


@dataclass(frozen=True)
class Composition:
    """A space, and what was left out of it and why."""

    space: Space
    notes: tuple[str, ...]


def compose(catalog: Catalog, task: Task, overrides: Mapping[str, Any]) -> Composition:
    """The space of all components that fit `task`, narrowed by `overrides` (full name -> see `narrow`).

    Raises:
        UserError: A key that no parameter has, a value out of range, or no model left.
    """
    check_overrides(catalog, overrides)
    models, notes = _models(catalog, task, listed("model", overrides) or [])
    chosen = SpaceParameter("model", Choice(*(m.name for m in models)), models[0].name)
    parameters = [narrowed(chosen, _without_names(overrides))]
    for model in models:
        parameters += _of_component(model, task, ("model", (model.name,)), overrides)
    found, left_out = switches(catalog, task, overrides, models)
    for component, switch in found:
        parameters += [switch, *_of_component(component, task, (switch.name, (True,)), overrides)]
    nets = tuple(model.name for model in models if not model.fits_itself)
    of_nets = (("model", nets),) if len(nets) < len(models) else ()
    for setting in parameters_of(TrainingSettings):
        conditions = () if setting.name in FOR_ALL else of_nets
        parameters += _expand("training", [setting], task, conditions, overrides)
    return Composition(Space(tuple(_reachable(parameters))), (*notes, *left_out))


def check_overrides(catalog: Catalog, overrides: Mapping[str, Any]) -> None:
    """Refuses what no data can make right, so that it is found before the data is read.

    Raises:
        UserError: A key that no parameter has, an unknown component, a value out of a range that holds for all data.
    """
    for kind in KINDS:
        for name in listed(kind, overrides) or []:
            catalog.get(kind, name)
    known = _known(catalog)
    for key, spec in overrides.items():
        if key in KINDS:
            continue
        if key not in known:
            raise _unknown_key(key, spec, known)
        domain, default = known[key]
        if not (isinstance(domain, Int) and (callable(domain.low) or callable(domain.high))):
            narrow(key, domain, default, spec)


def _models(catalog: Catalog, task: Task, names: list[str]) -> tuple[list[Component], list[str]]:
    candidates = [catalog.get("model", name) for name in names] if names else catalog.of_kind("model")
    reasons = {c.name: c.mismatch(task) for c in candidates}
    notes = [f"Not searched: model {name}, which {why}." for name, why in reasons.items() if why and names]
    fitting = [c for c in candidates if reasons[c.name] is None]
    if not fitting:
        why = "; ".join(f"{name} {reason}" for name, reason in reasons.items()) or "the catalog has none"
        raise UserError(f"No model fits this {task.kind} task: {why}.", hint="`automl plugins list` shows all models.")
    return fitting, notes


def _without_names(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Of the override of `model` only a stated default is left: the names were applied already."""
    spec = overrides.get("model")
    return {"model": {"default": spec["default"]}} if isinstance(spec, Mapping) and "default" in spec else {}


def _of_component(
    component: Component, task: Task, condition: tuple[str, tuple[Any, ...]], overrides: Mapping[str, Any]
) -> list[SpaceParameter]:
    prefix = f"{component.kind}.{component.name}"
    return _expand(prefix, component.parameters, task, (condition,), overrides)


def _expand(
    prefix: str,
    parameters: Sequence[Parameter],
    task: Task,
    conditions: tuple[tuple[str, tuple[Any, ...]], ...],
    overrides: Mapping[str, Any],
) -> list[SpaceParameter]:
    expanded = []
    for parameter in parameters:
        domain = parameter.domain.resolve(task)
        own = tuple((f"{prefix}.{name}", values) for name, values in parameter.when.items())
        full = SpaceParameter(f"{prefix}.{parameter.name}", domain, domain.clip(parameter.default), conditions + own)
        chosen = narrowed(full, overrides)
        expanded.append(replace(chosen, domain=Choice(chosen.default)) if isinstance(chosen.domain, Text) else chosen)
    return expanded


def _reachable(parameters: Sequence[SpaceParameter]) -> Iterator[SpaceParameter]:
    """Without the parameters whose conditions can't be met any more: those of what was switched off. Of a condition
    those values stay that may come up."""
    possible: dict[str, list[Any]] = {}
    for parameter in parameters:
        conditions = tuple((name, _that_can_be(possible.get(name), values)) for name, values in parameter.conditions)
        if all(values for _, values in conditions):
            possible[parameter.name] = parameter.domain.values() or []
            yield replace(parameter, conditions=conditions)


def _that_can_be(options: list[Any] | None, values: tuple[Any, ...]) -> tuple[Any, ...]:
    # An empty list stands for a continuous parameter: any value may come up.
    if options is None:
        return ()
    return tuple(value for value in values if not options or value in options)


def _known(catalog: Catalog) -> dict[str, tuple[Domain, Value]]:
    """Domain and default of whatever could be set, for any data."""
    known: dict[str, tuple[Domain, Value]] = {}
    for parameter in parameters_of(TrainingSettings):
        known[f"training.{parameter.name}"] = parameter.domain, parameter.default
    for (kind, name), component in catalog.components.items():
        if kind in SWITCHED:
            known[f"{kind}.{name}"] = Choice(False, True), False
        for parameter in component.parameters:
            known[f"{kind}.{name}.{parameter.name}"] = parameter.domain, parameter.default
    return known


def _unknown_key(key: str, spec: Any, known: Mapping[str, Any]) -> UserError:
    near = unknown("parameter", key, [*KINDS, *known]).hint
    return UserError(
        f"Unknown parameter {key!r} (set to {text(spec)}).",
        hint=f"{near or ''} `automl plugins list` shows the components.".strip(),
    )
