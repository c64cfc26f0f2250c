"""From a configuration (names and values) to the objects that train: one place for training, loading and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from automl.components import Catalog, Regularizer, Task, Value
from automl.space import TrainingSettings

Augmentation = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Assembly:
    """Everything that one configuration names, built."""

    model: nn.Module
    augmentations: tuple[Augmentation, ...]
    regularizers: tuple[Regularizer, ...]
    settings: TrainingSettings


def assemble(catalog: Catalog, task: Task, configuration: Mapping[str, Value]) -> Assembly:
    """Builds the components of `configuration`; regularizers have already wrapped the model."""
    model: nn.Module = _build(catalog, task, configuration, "model", str(configuration["model"]))
    regularizers = tuple(
        _build(catalog, task, configuration, "regularizer", name) for name in switched_on(configuration, "regularizer")
    )
    for regularizer in regularizers:
        model = regularizer.wrap_model(model)
    augmentations = tuple(
        _build(catalog, task, configuration, "augmentation", name)
        for name in switched_on(configuration, "augmentation")
    )
    settings = TrainingSettings(**_values(configuration, "training"))  # type: ignore[arg-type]
    return Assembly(model, augmentations, regularizers, settings)


def switched_on(configuration: Mapping[str, Value], kind: str) -> list[str]:
    """The names of the augmentations or regularizers that a configuration uses."""
    return sorted(
        key.split(".")[1]
        for key, value in configuration.items()
        if key.count(".") == 1 and key.startswith(f"{kind}.") and value is True
    )


def without_download(configuration: Mapping[str, Value]) -> dict[str, Value]:
    """The same architecture without fetching weights that are about to be replaced: `pretrained` is off."""
    return {
        key: False if key.endswith(".pretrained") and value is True else value for key, value in configuration.items()
    }


def _build(catalog: Catalog, task: Task, configuration: Mapping[str, Value], kind: str, name: str) -> Any:
    return catalog.get(kind, name).build(task, _values(configuration, f"{kind}.{name}"))


def _values(configuration: Mapping[str, Value], prefix: str) -> dict[str, Value]:
    return {
        key.removeprefix(f"{prefix}."): value for key, value in configuration.items() if key.startswith(f"{prefix}.")
    }
