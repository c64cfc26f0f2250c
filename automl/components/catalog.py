"""The catalog: (kind, name) -> component. Every door that a plugin comes in by ends here."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from automl.components.component import KINDS, Applies, Component
from automl.components.task import TASK_KINDS
from automl.errors import PluginError, unknown

F = TypeVar("F", bound=Callable[..., Any])

_origin: ContextVar[str | None] = ContextVar("origin", default=None)


@dataclass
class Catalog:
    """The components known to this process, and the plugins that could not be loaded (origin -> cause)."""

    components: dict[tuple[str, str], Component] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def add(self, component: Component) -> None:
        """Adds a component. From the same origin it replaces the former one: a notebook cell is run twice.

        Raises:
            PluginError: The name is taken by another plugin.
        """
        known = self.components.get((component.kind, component.name))
        if known and known.origin != component.origin:
            raise PluginError(
                f"Two plugins define the {component.kind} {component.name!r}: {known.origin} and {component.origin}.",
                hint="Rename one of them, or load only one (AUTOML_PLUGINS=package,... restricts the installed ones).",
            )
        self.components[component.kind, component.name] = component

    def get(self, kind: str, name: str) -> Component:
        """The component, or a UserError with the near matches (and the plugins that failed to load)."""
        if (kind, name) in self.components:
            return self.components[kind, name]
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


@contextmanager
def registering(origin: str) -> Iterator[None]:
    """While a door loads a plugin: components that register come from `origin`."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def model(name: str, *, task: str | Sequence[str], applies: Applies | None = None) -> Callable[[F], F]:
    """Registers a factory that returns an `nn.Module` mapping a batch to (N, task.num_outputs)."""
    return _register("model", name, task, applies)


def augmentation(
    name: str, *, task: str | Sequence[str] = TASK_KINDS, applies: Applies | None = None
) -> Callable[[F], F]:
    """Registers a factory that returns a callable (inputs, targets) -> (inputs, targets) on a training batch.

    Inputs are float32 in [0, 1], (N, C, H, W) for images, on the batch's device; it must be random per sample and
    must not change its arguments. It is not called outside training.
    """
    return _register("augmentation", name, task, applies)


def regularizer(
    name: str, *, task: str | Sequence[str] = TASK_KINDS, applies: Applies | None = None
) -> Callable[[F], F]:
    """Registers a factory that returns a `Regularizer`."""
    return _register("regularizer", name, task, applies)


def _register(kind: str, name: str, task: str | Sequence[str], applies: Applies | None) -> Callable[[F], F]:
    tasks = (task,) if isinstance(task, str) else tuple(task)

    def decorate(factory: F) -> F:
        CATALOG.add(Component(kind, name, factory, tasks, applies, _origin.get() or _defined_in(factory)))
        return factory

    return decorate


def _defined_in(factory: Callable[..., Any]) -> str:
    # A notebook gives each run of a cell another file name: there the module alone says where.
    if factory.__module__ == "__main__":
        return "__main__"
    return f"{factory.__module__} ({inspect.unwrap(factory).__code__.co_filename})"
