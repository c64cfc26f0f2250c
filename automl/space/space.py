"""The composed, conditional set of parameters of an experiment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from automl.components import Choice, Domain, Key, Value
from automl.components.domains import Float, Int
from automl.errors import UserError

Configuration = dict[str, Value]
"""One point of a space: the value of every active parameter, by its full name."""

SWITCHED = ("augmentation", "regularizer")
"""The kinds whose components are on or off in a configuration."""

GRID_LIMIT = 100_000


def chosen_components(configuration: Mapping[str, Value]) -> list[Key]:
    """Kind and name of what a configuration is made of: its model, then what is switched on, by name."""
    switches = (name.split(".") for name, value in configuration.items() if name.count(".") == 1 and value is True)
    switched = sorted((kind, name) for kind, name in switches if kind in SWITCHED)
    return [("model", str(configuration["model"])), *switched]


class Suggest(Protocol):
    """What proposes values: an `optuna.Trial` fits."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int: ...
    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float: ...
    def suggest_categorical(self, name: str, choices: list[Value]) -> Value: ...


@dataclass(frozen=True)
class SpaceParameter:
    """A parameter under its full name (`model.resnet.depth`), with every condition under which it is active."""

    name: str
    domain: Domain
    default: Value
    conditions: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    @property
    def is_fixed(self) -> bool:
        values = self.domain.values()
        return values is not None and len(values) == 1

    def is_active(self, chosen: Mapping[str, Value]) -> bool:
        return all(name in chosen and chosen[name] in values for name, values in self.conditions)

    def suggest(self, trial: Suggest) -> Value:
        values = self.domain.values() if self.is_fixed else None
        if values:
            return values[0]
        domain = self.domain
        if isinstance(domain, Choice):
            return trial.suggest_categorical(self.name, list(domain.options))
        if isinstance(domain, Float):
            return trial.suggest_float(self.name, domain.low, domain.high, step=domain.step, log=domain.log)
        assert isinstance(domain, Int) and not callable(domain.low) and not callable(domain.high), "resolved in compose"
        return trial.suggest_int(self.name, domain.low, domain.high, step=domain.step, log=domain.log)


@dataclass(frozen=True)
class Space:
    """Parameters in an order in which each stands behind those that its conditions name."""

    parameters: tuple[SpaceParameter, ...]

    def suggest(self, trial: Suggest) -> Configuration:
        """Asks `trial` for a value of each active parameter."""
        chosen: Configuration = {}
        for parameter in self.parameters:
            if parameter.is_active(chosen):
                chosen[parameter.name] = parameter.suggest(trial)
        return chosen

    def default(self, **given: Value) -> Configuration:
        """The default configuration: searched first.

        Args:
            given: Values that are no defaults, by name: `model="mlp"` for the default of that model.
        """
        chosen: Configuration = {}
        for parameter in self.parameters:
            if parameter.is_active(chosen):
                chosen[parameter.name] = given.get(parameter.name, parameter.default)
        return chosen

    def default_of_each_model(self) -> list[Configuration]:
        """The default configuration of each model, in the order in which they are listed.

        Behind them, where a model has a choice that other parameters depend on, the same with each other option, which
        makes another model of it.
        """
        names = [str(name) for name in self["model"].domain.values() or ()]
        decisive = {name for parameter in self.parameters for name, _ in parameter.conditions}
        plain: list[Configuration] = [{"model": name} for name in names]
        others: list[Configuration] = [
            {"model": name, parameter.name: option}
            for name in names
            for parameter in self.parameters
            if parameter.name in decisive and parameter.name.startswith(f"model.{name}.")
            for option in (parameter.domain.options if isinstance(parameter.domain, Choice) else ())
            if option != parameter.default
        ]
        return [self.default(**given) for given in (*plain, *others)]

    @property
    def searched(self) -> tuple[SpaceParameter, ...]:
        """The parameters that have more than one value."""
        return tuple(parameter for parameter in self.parameters if not parameter.is_fixed)

    @property
    def components(self) -> list[Key]:
        """Kind and name of every component that may come up."""
        models = [("model", str(name)) for name in self["model"].domain.values() or ()]
        on = (p for p in self.parameters if p.name.count(".") == 1 and p.domain.contains(True))
        return [*models, *((kind, name) for kind, name in (p.name.split(".") for p in on) if kind in SWITCHED)]

    def __getitem__(self, name: str) -> SpaceParameter:
        return next(parameter for parameter in self.parameters if parameter.name == name)

    def grid(self, limit: int = GRID_LIMIT) -> Iterator[Configuration]:
        """Each distinct configuration once, in a fixed order.

        Raises:
            UserError: A reachable parameter is continuous, or there are more than `limit` configurations.
        """
        for count, configuration in enumerate(self._walk({}, 0)):
            if count >= limit:
                raise UserError(
                    f"The grid has more than {limit:,} configurations.",
                    hint="Fix or narrow parameters with --set name=value, or use --sampler random.",
                )
            yield configuration

    def _walk(self, chosen: Configuration, position: int) -> Iterator[Configuration]:
        if position == len(self.parameters):
            yield dict(chosen)
            return
        parameter = self.parameters[position]
        if not parameter.is_active(chosen):
            yield from self._walk(chosen, position + 1)
            return
        values = parameter.domain.values()
        if values is None:
            raise UserError(
                f"{parameter.name} is continuous ({parameter.domain}), so it has no grid.",
                hint=f"Give it a list, --set '{parameter.name}=[{parameter.default}]', "
                f"or a step, --set '{parameter.name}={{low: ..., high: ..., step: ...}}'.",
            )
        for value in values:
            yield from self._walk({**chosen, parameter.name: value}, position + 1)
