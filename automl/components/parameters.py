"""A function's signature read as its search space: real defaults, domains in `Annotated`."""

import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from automl.components.domains import Choice, Domain, Float, Int, Value, text
from automl.errors import PluginError

GIVEN_BY_ENGINE = "task"


@dataclass(frozen=True)
class Parameter:
    """One searchable argument: its name, the values it may take, its default."""

    name: str
    domain: Domain
    default: Value

    @property
    def when(self) -> dict[str, tuple[Value, ...]]:
        """Parameter name -> the values under which this one exists; empty: always."""
        return {name: _as_tuple(values) for name, values in self.domain.when.items()}


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters of a factory, those that others depend on first. `task` is given by the engine.

    Raises:
        PluginError: An argument without default or domain, a default out of range, a condition that can't be met.
    """
    arguments = [a for a in inspect.signature(function).parameters.values() if a.name != GIVEN_BY_ENGINE]
    hints = _hints(function, arguments)
    return _conditions_first([_parameter(argument, hints.get(argument.name)) for argument in arguments])


def _hints(function: Callable[..., Any], arguments: Sequence[inspect.Parameter]) -> dict[str, Any]:
    """The arguments' annotations. Not the return's: it may name what is only imported for type checkers."""
    written = {a.name: a.annotation for a in arguments if a.annotation is not a.empty}
    holder = types.new_class("Arguments", exec_body=lambda namespace: namespace.update(__annotations__=written))
    try:
        return get_type_hints(holder, vars(sys.modules[function.__module__]), include_extras=True)
    except NameError as error:
        raise PluginError(f"its annotations can't be read: {error}") from error


def _parameter(argument: inspect.Parameter, hint: Any) -> Parameter:
    name = argument.name
    if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
        raise PluginError(f"*{name} isn't searchable: name each argument")
    domain = _domain(hint)
    if domain is None:
        raise PluginError(
            f"argument {name} has no domain",
            hint=f"Write {name}: Annotated[float, Float(low, high)] = default; bool and Literal[...] need none.",
        )
    if problem := domain.problem():
        raise PluginError(f"argument {name}: {problem}")
    if argument.default is argument.empty:
        raise PluginError(f"argument {name} has no default", hint="The default configuration is searched first.")
    if not domain.contains(argument.default):
        raise PluginError(f"argument {name}: the default {text(argument.default)} isn't {domain}")
    return Parameter(name, domain, argument.default)


def _domain(hint: Any) -> Domain | None:
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
        stated = next((extra for extra in extras if isinstance(extra, Int | Float | Choice)), None)
        if type(stated) is Choice and not stated.options and (derived := _domain(base)):
            return Choice(*(derived.values() or ()), when=stated.when, fits=stated.fits)
        return stated or _domain(base)
    if hint is bool:
        return Choice(False, True)
    if get_origin(hint) is Literal:
        return Choice(*get_args(hint))
    if get_origin(hint) in (Union, types.UnionType):
        options = [_domain(part) if part is not types.NoneType else Choice(None) for part in get_args(hint)]
        if all(isinstance(option, Choice) for option in options):
            return Choice(*(value for option in options if option for value in option.values() or ()))
    return None


def _conditions_first(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    by_name = {parameter.name: parameter for parameter in parameters}
    for parameter in parameters:
        _check_conditions(parameter, by_name)
    ordered: dict[str, Parameter] = {}
    while len(ordered) < len(parameters):
        ready = [p for p in parameters if p.name not in ordered and ordered.keys() >= p.when.keys()]
        if not ready:
            cycle = ", ".join(p.name for p in parameters if p.name not in ordered)
            raise PluginError(f"the conditions of {cycle} depend on each other in a circle")
        ordered[ready[0].name] = ready[0]
    return tuple(ordered.values())


def _check_conditions(parameter: Parameter, by_name: Mapping[str, Parameter]) -> None:
    for other, values in parameter.when.items():
        if other not in by_name:
            raise PluginError(f"argument {parameter.name}: when names {other!r}; there are: {', '.join(by_name)}")
        for value in values:
            if not by_name[other].domain.contains(value):
                raise PluginError(f"argument {parameter.name}: when {other} is {text(value)}, which it never is")


def _as_tuple(values: Any) -> tuple[Value, ...]:
    return tuple(values) if isinstance(values, list | tuple | set | frozenset) else (values,)
