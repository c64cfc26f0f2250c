"""The component under test: its tasks, its space, built from any of its configurations, and trained."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from automl.components import Catalog, Component, Regularizer, Task, Weights
from automl.components.domains import text
from automl.errors import TrialError
from automl.evaluation import find_metric
from automl.evaluation.metrics import metrics_of
from automl.space import Configuration, Space, compose
from automl.testing import tiny
from automl.testing.guard import guarded, named
from automl.testing.loading import Imported
from automl.testing.result import Broken
from automl.training.assembly import Augmentation, assemble
from automl.training.base import BaseTrainer
from automl.training.checkpoint import read_weights
from automl.training.device import DeviceData
from automl.training.making import make_trainer

CPU = torch.device("cpu")
WEIGHTS = "best.safetensors"
_EXAMPLES = tempfile.TemporaryDirectory()
SETTINGS = {"training.epochs": 2, "training.batch_size": 8, "training.optimizer": "adamw"}


@dataclass(frozen=True)
class Trained:
    """The metrics of each epoch and the kept weights."""

    epochs: list[dict[str, float]]
    weights: dict[str, Tensor]


@dataclass(frozen=True)
class Subject:
    """A component, and how its plugin was imported where this process did that freshly."""

    component: Component
    imported: Imported | None = None

    @property
    def name(self) -> str:
        """Kind and name, as in a configuration."""
        return f"{self.component.kind}.{self.component.name}"

    @cached_property
    def catalog(self) -> Catalog:
        """The component alone, beside a model to check it with."""
        catalog = Catalog()
        if self.component.kind != "model":
            catalog.add(tiny.reference_model())
        catalog.replace(guarded(self.component))
        return catalog

    def tasks(self) -> list[Task]:
        """A tiny task of each kind that it claims."""
        return [tiny.usual_task(self.component, kind) for kind in self.component.tasks]

    def families(self) -> list[Task]:
        """One of those for each family of tasks: images, tables, texts."""
        return list({task.kind.partition("-")[0]: task for task in reversed(self.tasks())}.values())[::-1]

    def space(self, task: Task) -> Space:
        """Its own space for a task; nothing else is searched, and no weights are fetched."""
        is_model = self.component.kind == "model"
        overrides: dict[str, Any] = {"model": self.component.name} if is_model else {self.name: True}
        if any(parameter.name == "pretrained" for parameter in self.component.parameters):
            overrides[f"{self.name}.pretrained"] = False
        if isinstance(self.component.weights, Weights):
            overrides[f"{self.name}.name"] = str(self._example(self.component.weights))
        return compose(self.catalog, task, {**overrides, **SETTINGS}).space

    def _example(self, weights: Weights) -> Path:
        folder = Path(_EXAMPLES.name, self.component.name)
        if not folder.exists():
            folder.mkdir()
            weights.example(folder)
        return folder

    def default(self, task: Task) -> Configuration:
        """Its default configuration."""
        return self.space(task).default()

    def draws(self, task: Task, count: int) -> Iterator[Configuration]:
        """`count` seeded draws from its space, identical ones once."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        space = self.space(task)
        seen = set()
        for _ in range(count):
            drawn = space.suggest(study.ask())
            if self.described(drawn) not in seen:
                seen.add(self.described(drawn))
                yield drawn

    def values(self, configuration: Configuration) -> dict[str, Any]:
        """Of a configuration, what is the component's own, by the names of its arguments."""
        start = f"{self.name}."
        return {name.removeprefix(start): value for name, value in configuration.items() if name.startswith(start)}

    def described(self, configuration: Configuration) -> str:
        """Its values in a configuration, for messages: "width=32, pool=mean"."""
        return ", ".join(f"{name}={text(v)}" for name, v in self.values(configuration).items()) or "no arguments"

    def batch(self, task: Task, count: int) -> tuple[Tensor, Tensor]:
        """A batch as an augmentation gets it."""
        if self.component.on_embeddings and task.is_text:
            return torch.randn(count, 16), tiny.targets(task, count)
        return tiny.batch(task, count)

    def model(self, task: Task, configuration: Configuration | None = None) -> nn.Module:
        """The module of a configuration (the default one), wrapped by the regularizer where it is one."""
        model: object = assemble(self.catalog, task, configuration or self.default(task)).model
        if isinstance(model, nn.Module):
            return model
        raise Broken(f"wrap_model returned {named(model)}; it must be the module to train", "Add `return model`.")

    def augmentation(self, task: Task, configuration: Configuration | None = None) -> Augmentation:
        """The callable of a configuration."""
        built = assemble(self.catalog, task, configuration or self.default(task))
        (found,) = (*built.augmentations, *built.on_embeddings)
        return found

    def regularizer(self, task: Task, configuration: Configuration | None = None) -> Regularizer:
        """The regularizer of a configuration, which has not seen a model yet."""
        component = self.catalog.get(*self.component.key)
        built: Regularizer = component.build(task, self.values(configuration or self.default(task)))
        return built

    def exercise(self, task: Task, configuration: Configuration, *, whole: bool) -> None:
        """Builds a configuration, and uses it once if `whole`."""
        if self.component.kind == "augmentation":
            apply = self.augmentation(task, configuration)
            if whole:
                apply(*self.batch(task, 4))
            return
        if isinstance(self.component.weights, Weights):
            self._forward(task, configuration, whole)
            return
        try:
            with torch.device("meta"):  # shapes without numbers: a large net costs nothing
                self._forward(task, configuration, whole)
        except (NotImplementedError, RuntimeError):  # not everything can do without numbers
            self._forward(task, configuration, whole)

    def _forward(self, task: Task, configuration: Configuration, whole: bool) -> None:
        model = self.model(task, configuration)
        if whole:
            model(tiny.batch(task, 2, model)[0])

    def train(self, task: Task, configuration: Configuration | None = None, device: torch.device = CPU) -> Trained:
        """Trains for two epochs on 16 inputs as a trial does, always with the same seed."""
        with tempfile.TemporaryDirectory() as folder:
            trainer = self.trainer(task, configuration or self.default(task), Path(folder), device=device)
            return Trained(_epochs(trainer), read_weights(Path(folder) / WEIGHTS))

    def trainer(
        self,
        task: Task,
        configuration: Configuration,
        folder: Path,
        *,
        device: torch.device = CPU,
        count: int = tiny.TRAIN,
    ) -> BaseTrainer:
        """A trial of the configuration on so many inputs, with a fixed seed, that writes its weights to `folder`."""
        return make_trainer(
            self.catalog,
            DeviceData.on(device, tiny.training_data(task, count)),
            configuration,
            metric=find_metric(metrics_of(task)[0].name, task.kind),
            seed=0,
            weights=folder / WEIGHTS,
        )


def _epochs(trainer: BaseTrainer) -> list[dict[str, float]]:
    done: list[dict[str, float]] = []
    end = None
    try:
        while not end:
            result = trainer.run_epoch()
            done.append(dict(result.metrics))
            end = result.end
    except TrialError as error:
        raise Broken(
            f"trained for two epochs on 16 inputs, it {error}",
            "Look for a division by zero, a logarithm or root of what isn't positive, values that grow without bound.",
        ) from error
    return done
