"""Pretrained weights that a model's parameter `name` names: fetched before a search, packed with what was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from automl.components import Catalog, Choice, Component, Value, Weights
from automl.errors import UserError
from automl.space import Space


def settle_names(catalog: Catalog, space: Space) -> tuple[Space, dict[str, UserError]]:
    """Fetches all weights that a trial of `space` may name.

    Returns:
        The space, with names by which workers find them; and for each model that names some which can't be had, why.
    """
    missing: dict[str, UserError] = {}
    parameters = {parameter.name: parameter for parameter in space.parameters}
    for component in catalog.of_kind("model"):
        named = parameters.get(f"model.{component.name}.name")
        if named is None or not isinstance(component.weights, Weights):
            continue
        try:
            found = {str(name): component.weights.fetch(str(name)) for name in named.domain.values() or ()}
        except UserError as error:
            missing[component.name] = error
            continue
        domain = Choice(*dict.fromkeys(found.values()))
        parameters[named.name] = replace(named, domain=domain, default=found[str(named.default)])
    return Space(tuple(parameters.values())), missing


def pack_weights(component: Component, configuration: Mapping[str, Value], folder: Path) -> None:
    """Writes into `folder` what a model needs beside its trained weights, where it has named some."""
    if isinstance(component.weights, Weights):
        folder.mkdir()
        component.weights.pack(_values(component, configuration), folder)


def packed(component: Component, configuration: Mapping[str, Value], folder: Path) -> dict[str, Value]:
    """The configuration that builds the model from what was packed."""
    if isinstance(component.weights, Weights):
        return {**configuration, f"model.{component.name}.name": str(folder)}
    return dict(configuration)


def _values(component: Component, configuration: Mapping[str, Value]) -> dict[str, Any]:
    start = f"model.{component.name}."
    return {name.removeprefix(start): value for name, value in configuration.items() if name.startswith(start)}
