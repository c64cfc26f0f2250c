"""From a configuration (names and values) to the objects that train: one place for training, loading and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from automl.components import KINDS, Catalog, Estimator, Regularizer, Task, Value
from automl.space import TrainingSettings, chosen_components
from automl.training.fitted import Fitted
from automl.training.per_word import PerWord

EMBEDDINGS = "embeddings"
Augmentation = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Assembly:
    """Everything that one configuration names, built; a model that is a regularizer, too, is among those.

    Args:
        on_embeddings: Augmentations of what the last linear layer gets (see `automl.training.embeddings`).
    """

    model: nn.Module
    augmentations: tuple[Augmentation, ...]
    on_embeddings: tuple[Augmentation, ...]
    regularizers: tuple[Regularizer, ...]
    settings: TrainingSettings


def assemble(catalog: Catalog, task: Task, configuration: Mapping[str, Value]) -> Assembly:
    """Builds the components of `configuration`; regularizers have already wrapped the model."""
    built: dict[str, list[Any]] = {kind: [] for kind in (*KINDS, EMBEDDINGS)}
    for kind, name in chosen_components(configuration):
        component = catalog.get(kind, name)
        place = EMBEDDINGS if component.on_embeddings and task.is_text else kind
        built[place].append(component.build(task, _values(configuration, f"{kind}.{name}")))
    (model,) = built["model"]
    own = [model] if isinstance(model, Regularizer) else []
    if isinstance(model, Estimator):
        model = Fitted(model, task)
    elif task.is_per_word:
        model = PerWord(model)
    for regularizer in built["regularizer"]:
        model = regularizer.wrap_model(model)
    settings = TrainingSettings(**_values(configuration, "training"))  # type: ignore[arg-type]
    augmentations, on_embeddings = tuple(built["augmentation"]), tuple(built[EMBEDDINGS])
    return Assembly(model, augmentations, on_embeddings, (*own, *built["regularizer"]), settings)


def without_download(configuration: Mapping[str, Value]) -> dict[str, Value]:
    """The same architecture without fetching weights that are about to be replaced: `pretrained` is off."""
    return {
        key: False if key.endswith(".pretrained") and value is True else value for key, value in configuration.items()
    }


def _values(configuration: Mapping[str, Value], prefix: str) -> dict[str, Value]:
    return {
        key.removeprefix(f"{prefix}."): value for key, value in configuration.items() if key.startswith(f"{prefix}.")
    }
