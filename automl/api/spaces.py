"""The space of a search: composed for its data, with the pretrained weights that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from automl.components import Catalog, texts_of
from automl.config import Experiment, preset_of
from automl.space import Space, compose
from automl.training.named_weights import doubts, settle_names
from automl.training.weights import settle

if TYPE_CHECKING:
    from automl.data import Dataset

SOME = 500
"""Texts that tell whether an encoder knows their language."""


def search_space(catalog: Catalog, data: Dataset, experiment: Experiment, say: Callable[[str], None]) -> Space:
    """The space of an experiment on its data, all weights at hand that a trial may begin with; says what was left out.

    Raises:
        UserError: It can't be composed, or weights that a person has asked for can't be had.
    """
    composition = compose(catalog, data.task, experiment.space)
    space, missing = settle_names(catalog, composition.space)
    if missing:
        models = [name for name in composition.space["model"].domain.values() or () if name not in missing]
        for name, error in missing.items():
            if not models or _is_asked_for(name, experiment):
                raise error
            say(f"Not searched: model {name}. {error.message}")
        composition = compose(catalog, data.task, {**experiment.space, "model": models})
        space, _ = settle_names(catalog, composition.space)
    space, not_pretrained = settle(catalog, space)
    for note in (*composition.notes, *not_pretrained):
        say(note)
    if data.task.is_text:
        for doubt in doubts(catalog, space, _some_texts(data)):
            say(f"Warning: {doubt}")
    if experiment.sampler == "grid":
        say(f"The grid has {sum(1 for _ in space.grid()):,} configurations.")
    return space


def _some_texts(data: Dataset) -> list[str]:
    return texts_of(data.train.inputs[:: max(1, len(data.train) // SOME)])


def _is_asked_for(model: str, experiment: Experiment) -> bool:
    """Whether a person has named the model, or the weights that it begins with, and not the domain alone."""
    preset = preset_of(experiment.domain, experiment.task).get("space", {})
    listed_by_user = experiment.space.get("model") != preset.get("model")
    key = f"model.{model}.name"
    return listed_by_user or bool(experiment.space.get(key) != preset.get(key))
