"""Pretrained weights that a model's parameter `name` names: fetched before a search, packed with what was trained."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
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


def doubts(catalog: Catalog, space: Space, texts: Sequence[str]) -> list[str]:
    """Which of the weights that a trial of `space` may name may be of little use for such texts, a sentence each; once
    they are fetched."""
    parameters = {parameter.name: parameter for parameter in space.parameters}
    found = []
    for component in catalog.of_kind("model"):
        named = parameters.get(f"model.{component.name}.name")
        if named is not None and isinstance(component.weights, Weights):
            found += [component.weights.doubt(str(name), texts) for name in named.domain.values() or ()]
    return list(filter(None, found))


def pack_weights(component: Component, configuration: Mapping[str, Value], bundle: Path) -> str | None:
    """Writes into a bundle what a model needs beside its trained weights, once for all parts that need the same.

    Returns:
        The name of the folder in `bundle`; None where it has named no weights.
    """
    if not isinstance(component.weights, Weights):
        return None
    with TemporaryDirectory(dir=bundle) as name:
        folder = Path(name, "packed")
        folder.mkdir()
        component.weights.pack(_values(component, configuration), folder)
        packed = bundle / f"packed-{_digest(folder)}"
        if not packed.exists():
            folder.rename(packed)
    return packed.name


def with_packed(component: Component, configuration: Mapping[str, Value], folder: Path | None) -> dict[str, Value]:
    """The configuration that builds a model from the folder that was packed for it."""
    return {**configuration, f"model.{component.name}.name": str(folder)} if folder else dict(configuration)


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        with file.open("rb") as opened:
            found.update(f"{file.name} {hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()[:16]


def _values(component: Component, configuration: Mapping[str, Value]) -> dict[str, Any]:
    start = f"model.{component.name}."
    return {name.removeprefix(start): value for name, value in configuration.items() if name.startswith(start)}
