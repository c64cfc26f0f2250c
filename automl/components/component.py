"""A component: a named factory of a model, an augmentation or a regularizer."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from string import Formatter
from typing import Any

from automl.components.domains import Value
from automl.components.parameters import GIVEN_BY_ENGINE, Parameter, parameters_of
from automl.components.sources import PluginSource
from automl.components.task import TASK_KINDS, Task
from automl.components.weights import Weights
from automl.errors import PluginError, unknown

KINDS = ("model", "augmentation", "regularizer")
Applies = Callable[[Task], str | None]
Key = tuple[str, str]
"""Kind and name."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Component:
    """What a plugin contributes.

    Args:
        kind: One of `KINDS`.
        name: Lower case letters, digits and underscores.
        factory: Builds it from the task (if it asks for one) and the values of its parameters.
        tasks: The task kinds it is for.
        origin: Where it was defined, for messages.
        source: The text that defines it; None where an installed package does.
        applies: Says why it doesn't fit a task ("needs 75 px or more"), or None where it fits.
        conflicts: Components ("regularizer.swa", "model.mlp") that it doesn't work together with.
        weights: Of a model with a parameter `pretrained`: the name of torchvision's weights ("resnet{depth}"); of one
            with a parameter `name`: where those of that name come from.
        neutral: Of a regularizer: values, maybe out of range, at which it changes nothing.
        live: Of a regularizer: parameters that may change in mid-training: built with other values, it goes on from
            the same checkpoint. Those of an augmentation, which keeps nothing, all may.
        on_embeddings: Of an augmentation: of texts it changes what the model's last linear layer gets, not tokens.
        fits_itself: Of a model: whether it is an `Estimator`.
        limits: Contract checks (by name) that it can't pass, each with the reason.
    """

    kind: str
    name: str
    factory: Callable[..., Any]
    tasks: tuple[str, ...]
    origin: str
    source: PluginSource | None = None
    applies: Applies | None = None
    conflicts: tuple[str, ...] = ()
    weights: str | Weights | None = None
    neutral: Mapping[str, Value] | None = None
    live: tuple[str, ...] = ()
    on_embeddings: bool = False
    fits_itself: bool = False
    limits: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for task in self.tasks:
            if task not in TASK_KINDS:
                raise unknown("task", task, TASK_KINDS)
        try:
            problem = self._problem()
        except PluginError as error:
            raise PluginError(f"{self._title}: {error.message}.", hint=error.hint) from error
        if problem:
            raise PluginError(f"{self._title}: {problem}.")

    def _problem(self) -> str | None:
        if not _NAME.fullmatch(self.name):
            return "a name is lower case letters, digits and underscores, starting with a letter"
        if not inspect.getdoc(self.factory):
            return "the function needs a docstring: its first line is shown by `automl plugins list`"
        parameters = {parameter.name for parameter in self.parameters}
        for conflict in self.conflicts:
            kind, _, name = conflict.partition(".")
            if kind not in KINDS or not _NAME.fullmatch(name):
                return f"conflicts holds names such as regularizer.swa, got {conflict!r}"
        if self.weights and not parameters >= (needed := self._needed_for_weights(self.weights)):
            return f"weights={self.weights!r} needs the arguments {', '.join(sorted(needed))}"
        for field_name, names in (("neutral", self.neutral or ()), ("live", self.live)):
            if strange := sorted(set(names) - parameters):
                return f"{field_name} names {strange[0]!r}, which is no argument"
        return None

    def _needed_for_weights(self, weights: str | Weights) -> set[str]:
        if isinstance(weights, Weights):
            return {"name"}
        return {field for _, field, _, _ in Formatter().parse(weights) if field} | {"pretrained"}

    @property
    def _title(self) -> str:
        return f"{self.kind} {self.name!r} ({self.origin})"

    @property
    def key(self) -> Key:
        return self.kind, self.name

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        return parameters_of(self.factory)

    @property
    def summary(self) -> str:
        """The docstring's first line."""
        return (inspect.getdoc(self.factory) or "").splitlines()[0]

    @property
    def about(self) -> str:
        """The first paragraph of its module, where the paper of a method stands, then its own summary."""
        module = (getattr(self.factory, "__globals__", {}).get("__doc__") or "").partition("\n\n")[0]
        return " ".join([*module.split(), *self.summary.split()])

    @property
    def is_direct(self) -> bool:
        """Whether a notebook or an imported module registered it, rather than a package or a file named to automl."""
        return self.source is not None and self.origin != self.source.origin

    @property
    def provenance(self) -> str:
        """Where its code came from, to the letter: a package with its version, or a file's name and hash."""
        return f"{self.source.name} sha256:{self.source.sha256[:16]}" if self.source else self.origin

    def is_from_where(self, other: "Component") -> bool:
        """Whether `other` has the same origin, or is of the same text."""
        same_text = self.source and other.source and self.source.sha256 == other.source.sha256
        return self.origin == other.origin or bool(same_text)

    def mismatch(self, task: Task) -> str | None:
        """Why it can't be used for `task`, or None."""
        if task.kind not in self.tasks:
            return f"is for {', '.join(self.tasks)}, not {task.kind}"
        return self.applies(task) if self.applies else None

    def build(self, task: Task, values: Mapping[str, Value]) -> Any:
        """Calls the factory with `values` (one for each of its active parameters)."""
        takes_task = GIVEN_BY_ENGINE in inspect.signature(self.factory).parameters
        return self.factory(**({GIVEN_BY_ENGINE: task} if takes_task else {}), **values)
