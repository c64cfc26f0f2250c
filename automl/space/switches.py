"""Augmentations and regularizers: which ones a space switches on and off, and which exclude each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from automl.components import Catalog, Choice, Component, Task
from automl.errors import UserError
from automl.space.narrow import narrowed
from automl.space.selection import listed
from automl.space.space import SWITCHED, SpaceParameter

Switch = tuple[Component, SpaceParameter]


def switches(
    catalog: Catalog, task: Task, overrides: Mapping[str, Any], models: Sequence[Component]
) -> tuple[list[Switch], list[str]]:
    """The switch of each candidate, with the conditions under which its conflicts let it be on.

    Returns:
        In an order in which each stands behind those that its conditions name, and what was asked for but left out.

    Raises:
        UserError: Two components are both always on, but don't work together.
    """
    found: list[Switch] = []
    notes = []
    for component in (c for kind in SWITCHED for c in catalog.of_kind(kind)):
        parameter = SpaceParameter(f"{component.kind}.{component.name}", Choice(False, True), False)
        if not _is_candidate(component, parameter.name, overrides):
            continue
        reason = component.mismatch(task)
        if reason is None:
            found.append((component, narrowed(parameter, overrides)))
        elif overrides.get(parameter.name) is True or component.name in (listed(component.kind, overrides) or []):
            notes.append(f"Not used: {component.kind} {component.name}, which {reason}.")
    return [_beside_models(switch, models) for switch in _exclusive(found)], notes


def _is_candidate(component: Component, switch: str, overrides: Mapping[str, Any]) -> bool:
    names = listed(component.kind, overrides)
    return switch in overrides or names is None or component.name in names


def _exclusive(found: Sequence[Switch]) -> list[Switch]:
    """Of two that conflict, the latter can be on only where the former is off; what is always on goes first."""
    kept: list[Switch] = []
    for component, parameter in sorted(found, key=lambda switch: not _is_always_on(switch[1])):
        rivals = [rival for other, rival in kept if _conflict(component, other)]
        if _is_always_on(parameter) and any(map(_is_always_on, rivals)):
            raise UserError(
                f"{rivals[0].name} and {parameter.name} don't work together, but both are always on.",
                hint=f"Switch one off: --set {parameter.name}=false",
            )
        off = tuple((rival.name, (False,)) for rival in rivals)
        kept.append((component, replace(parameter, conditions=off)))
    return kept


def _beside_models(switch: Switch, models: Sequence[Component]) -> Switch:
    """It can be on only beside the models that it works with: none that fits itself."""
    component, parameter = switch
    fitting = tuple(model.name for model in models if not (model.fits_itself or _conflict(component, model)))
    if len(fitting) == len(models):
        return switch
    return component, replace(parameter, conditions=(("model", fitting), *parameter.conditions))


def _conflict(one: Component, other: Component) -> bool:
    return ".".join(other.key) in one.conflicts or ".".join(one.key) in other.conflicts


def _is_always_on(parameter: SpaceParameter) -> bool:
    return parameter.is_fixed and parameter.default is True
