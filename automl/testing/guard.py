"""A component whose factory and products are looked at whenever they are used, by a check or by the trainer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from torch import Tensor, nn

from automl.components import Component, Estimator, Regularizer, Task, Value
from automl.testing.result import Broken


class Guarded(Component):
    """The same component; what it builds is of the right type, and so is what that returns, or `Broken` is raised."""

    def build(self, task: Task, values: Mapping[str, Value]) -> Any:
        built = super().build(task, values)
        if self.fits_itself:
            return _guarded_estimator(built)
        if self.kind == "model":
            return _guarded_model(built, task)
        return _guarded_augmentation(built) if self.kind == "augmentation" else _guarded_regularizer(built)


def guarded(component: Component) -> Component:
    """The component, with its products guarded."""
    return Guarded(**{field.name: getattr(component, field.name) for field in fields(component)})


def _guarded_model(built: object, task: Task) -> nn.Module:
    if not isinstance(built, nn.Module):
        raise Broken(
            f"the factory returned {named(built)}; a model is a torch.nn.Module",
            "Return the module itself, not its class or its output.",
        )

    def look(_: nn.Module, arguments: tuple[Tensor, ...], output: object) -> None:
        _check_output(output, len(arguments[0]), task)

    built.register_forward_hook(look)
    return built


def _check_output(output: object, count: int, task: Task) -> None:
    rule = (
        f"a model returns (N, task.num_outputs), here ({count}, {task.num_outputs}), or (N, members, task.num_outputs)"
    )
    if not isinstance(output, Tensor):
        raise Broken(
            f"its forward returned {named(output)}; {rule}",
            "Return one tensor. torchvision's models with auxiliary outputs take aux_logits=False.",
        )
    members = output.shape[1:-1] if output.ndim == 3 else ()
    if output.shape != (count, *members, task.num_outputs) or 0 in members:
        raise Broken(
            f"its forward returned {tuple(output.shape)}; {rule}",
            "End it with a linear layer to task.num_outputs, and flatten to (N, features) before that.",
        )
    if not output.is_floating_point():
        raise Broken(
            f"its forward returned {output.dtype}; a model returns floating point: logits or values",
            "Leave out argmax and rounding.",
        )


def _guarded_estimator(built: object) -> Estimator:
    if isinstance(built, Estimator):
        return built
    raise Broken(
        f"the factory returned {named(built)}; it must be an Estimator",
        "Derive a class from automl.plugin.Estimator, and return one of it; a net is registered by @model.",
    )


def _guarded_augmentation(built: object) -> Any:
    if not callable(built) or isinstance(built, type):
        raise Broken(
            f"the factory returned {named(built)}; it must be a function (inputs, targets) -> (inputs, targets)",
            "End the factory with `return apply`, apply being that function.",
        )

    def apply(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        returned = built(inputs, targets)
        if isinstance(returned, tuple) and len(returned) == 2 and all(isinstance(part, Tensor) for part in returned):
            return returned
        raise Broken(
            f"it returned {named(returned)}; an augmentation returns (inputs, targets)",
            "End it with `return inputs, targets`, also where the targets stay as they are.",
        )

    return apply


def _guarded_regularizer(built: object) -> Regularizer:
    if isinstance(built, Regularizer):
        return built
    raise Broken(
        f"the factory returned {named(built)}; it must be a Regularizer",
        "Derive a class from automl.plugin.Regularizer, whose hooks do nothing until overridden, and return one of it.",
    )


def named(value: object) -> str:
    """What a value is, for messages: "a list of 3", "the class Net", "None"."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else f"a {type(value).__name__}"
