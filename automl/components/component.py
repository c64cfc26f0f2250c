"""A component: a named factory of a model, an augmentation or a regularizer."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from automl.components.domains import Value
from automl.components.parameters import GIVEN_BY_ENGINE, Parameter, parameters_of
from automl.components.task import TASK_KINDS, Task
from automl.errors import PluginError, unknown

KINDS = ("model", "augmentation", "regularizer")
Applies = Callable[[Task], str | None]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Component:
    """What a plugin contributes.

    Args:
        kind: One of `KINDS`.
        name: Lower case letters, digits and underscores.
        factory: Builds it from the task (if it asks for one) and the values of its parameters.
        tasks: The task kinds it is for.
        applies: Says why it doesn't fit a task ("needs 75 px or more"), or None where it fits.
        origin: Where it was defined, for messages.
    """

    kind: str
    name: str
    factory: Callable[..., Any]
    tasks: tuple[str, ...]
    applies: Applies | None
    origin: str

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise PluginError(f"{self.kind} {self.name!r} ({self.origin}): {problem}")
        for task in self.tasks:
            if task not in TASK_KINDS:
                raise unknown("task", task, TASK_KINDS)
        try:
            _ = self.parameters
        except PluginError as error:
            raise PluginError(
                f"{self.kind} {self.name!r} ({self.origin}): {error.message}.", hint=error.hint
            ) from error

    def _problem(self) -> str | None:
        if not _NAME.fullmatch(self.name):
            return "a name is lower case letters, digits and underscores, starting with a letter."
        if not inspect.getdoc(self.factory):
            return "the function needs a docstring: its first line is shown by `automl plugins list`."
        return None

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        return parameters_of(self.factory)

    @property
    def summary(self) -> str:
        """The docstring's first line."""
        return (inspect.getdoc(self.factory) or "").splitlines()[0]

    def mismatch(self, task: Task) -> str | None:
        """Why it can't be used for `task`, or None."""
        if task.kind not in self.tasks:
            return f"is for {', '.join(self.tasks)}, not {task.kind}"
        return self.applies(task) if self.applies else None

    def build(self, task: Task, values: Mapping[str, Value]) -> Any:
        """Calls the factory with `values` (one for each of its active parameters)."""
        takes_task = GIVEN_BY_ENGINE in inspect.signature(self.factory).parameters
        return self.factory(**({GIVEN_BY_ENGINE: task} if takes_task else {}), **values)
