"""The catalog: (kind, name) -> component. Every door that a plugin comes in by ends here."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from automl.components.component import KINDS, Applies, Component, Key
from automl.components.domains import Value
from automl.components.sources import PluginSource, source_of
from automl.components.task import FAMILIES, task_kinds
from automl.components.weights import Weights
from automl.errors import PluginError, unknown

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Catalog:
    """The components at hand.

    Args:
        components: By kind and name.
        broken: Installed plugins that could not be loaded: origin -> cause.
        refused: Names that two installed plugins claim, and why neither gets it.
    """

    components: dict[Key, Component] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    refused: dict[Key, str] = field(default_factory=dict)

    def add(self, component: Component) -> None:
        """Adds a component. From the same origin it replaces the former one: a notebook cell is run twice. So does the
        same text from another place.

        Raises:
            PluginError: The name is taken by another plugin.
        """
        known = self.components.get(component.key)
        if known and not known.is_from_where(component):
            raise PluginError(
                f"Two plugins define the {component.kind} {component.name!r}: {known.origin} and {component.origin}.",
                hint="Rename one of them, or load only one (AUTOML_PLUGINS=package,... restricts the installed ones).",
            )
        self.components[component.key] = component

    def add_installed(self, component: Component) -> None:
        """`add`, but a name that is taken is only noted, and then nobody's."""
        try:
            if component.key not in self.refused:
                self.add(component)
        except PluginError as error:
            self.refused[component.key] = error.message
            del self.components[component.key]

    def replace(self, component: Component) -> None:
        """Adds a component in the place of any other of its name."""
        self.refused.pop(component.key, None)
        self.components[component.key] = component

    def get(self, kind: str, name: str) -> Component:
        """The component, or a UserError with the near matches (and the plugins that failed to load)."""
        if (kind, name) in self.components:
            return self.components[kind, name]
        if (kind, name) in self.refused:
            raise PluginError(self.refused[kind, name], hint="AUTOML_PLUGINS=package,... loads only those packages.")
        error = unknown(kind, name, (c.name for c in self.of_kind(kind)))
        failed = "; ".join(f"{origin}: {cause}" for origin, cause in self.broken.items())
        if failed:
            error.hint = f"{error.hint or ''} It may be in a plugin that failed to load: {failed}".strip()
        raise error

    def of_kind(self, kind: str) -> list[Component]:
        """All components of a kind, by name."""
        assert kind in KINDS, kind
        return sorted((c for c in self.components.values() if c.kind == kind), key=lambda c: c.name)


CATALOG = Catalog()
"""The catalog of this process. What is decorated in a notebook or an imported module goes here by itself."""


@dataclass(frozen=True)
class _Door:
    origin: str
    source: PluginSource | None
    components: list[Component]


_door: ContextVar[_Door | None] = ContextVar("door", default=None)


@contextmanager
def registering(origin: str, source: PluginSource | None = None) -> Iterator[list[Component]]:
    """While a plugin is loaded: gives the list that its components are added to.

    Raises:
        PluginError: The plugin gives one name to two components.
    """
    token = _door.set(_Door(origin, source, []))
    try:
        yield _door.get().components  # type: ignore[union-attr]
    finally:
        _door.reset(token)


def is_registering() -> bool:
    """Whether a plugin is being loaded."""
    return _door.get() is not None


def model(
    name: str,
    *,
    task: str | Sequence[str],
    applies: Applies | None = None,
    conflicts: Sequence[str] = (),
    weights: str | Weights | None = None,
    limits: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Registers a factory that returns an `nn.Module` mapping a batch to (N, task.num_outputs).

    A model of several members returns (N, members, task.num_outputs): each is trained by the loss of its own outputs,
    and the prediction is the mean of theirs. `task` names kinds ("image-regression") or families ("table") of tasks;
    the other arguments are those of `Component`.
    """
    return _register("model", name, task, applies, conflicts, limits, weights=weights)


def estimator(
    name: str,
    *,
    task: str | Sequence[str],
    applies: Applies | None = None,
    limits: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Registers a factory that returns an `Estimator`: a model that fits itself.

    So augmentations, regularizers and what `training.*` says of the optimizer aren't for it. The arguments are those of
    `model`.
    """
    return _register("model", name, task, applies, (), limits, fits_itself=True)


def augmentation(
    name: str,
    *,
    task: str | Sequence[str] = "image",
    applies: Applies | None = None,
    conflicts: Sequence[str] = (),
    on_embeddings: bool = False,
    limits: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Registers a factory that returns a callable (inputs, targets) -> (inputs, targets) on a training batch.

    Inputs are on the batch's device, float32: images (N, C, H, W) in [0, 1]; rows of a table (N, F), numbers in units
    of a standard normal (0 where missing), then codes. Of texts they are tokens, int64 (N, T), zeros behind; or, where
    it is `on_embeddings`, float32 (N, D), with gradients. It must be random per sample and must not change its
    arguments. It is not called outside training. `task` as for `model`; the other arguments are those of `Component`.
    """
    return _register("augmentation", name, task, applies, conflicts, limits, on_embeddings=on_embeddings)


def regularizer(
    name: str,
    *,
    task: str | Sequence[str] = FAMILIES,
    applies: Applies | None = None,
    conflicts: Sequence[str] = (),
    neutral: Mapping[str, Value] | None = None,
    live: Sequence[str] = (),
    limits: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Registers a factory that returns a `Regularizer`. `task` as for `model`; the other arguments are those of
    `Component`."""
    return _register("regularizer", name, task, applies, conflicts, limits, neutral=neutral, live=tuple(live))


def _register(
    kind: str,
    name: str,
    task: str | Sequence[str],
    applies: Applies | None,
    conflicts: Sequence[str],
    limits: Mapping[str, str] | None,
    **extra: Any,
) -> Callable[[F], F]:
    def decorate(factory: F) -> F:
        door = _door.get()
        component = Component(
            kind=kind,
            name=name,
            factory=factory,
            tasks=task_kinds(task),
            origin=door.origin if door else _defined_in(factory),
            source=door.source if door else source_of(factory),
            applies=applies,
            conflicts=tuple(conflicts),
            limits=dict(limits or {}),
            **extra,
        )
        if door is None:
            CATALOG.add(component)
            return factory
        if component.key in {known.key for known in door.components}:
            raise PluginError(f"{door.origin} defines the {kind} {name!r} twice.", hint="Rename one of them.")
        door.components.append(component)
        return factory

    return decorate


def _defined_in(factory: Callable[..., Any]) -> str:
    # A notebook gives each run of a cell another file name: there the module alone says where.
    if factory.__module__ == "__main__":
        return "__main__"
    return f"{factory.__module__} ({inspect.unwrap(factory).__code__.co_filename})"
