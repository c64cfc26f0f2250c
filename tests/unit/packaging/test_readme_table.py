"""The README's table of what is searched is generated from the code: `python tests/unit/packaging/test_readme_table.py`
prints it as it should be."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from automl.components import KINDS, Component, Domain, Parameter, Task, Text, Value, load_catalog, parameters_of
from automl.components.domains import text
from automl.config import domains, load_experiment
from automl.space import Space, TrainingSettings, compose

README = Path(__file__).parents[3] / "README.md"
IMAGES = Task(kind="image-classification", num_outputs=2, input_shape=(1, 28, 28), class_names=("a", "b"))
TEXTS = Task(kind="text-classification", num_outputs=2, input_shape=(32,), class_names=("a", "b"), vocabulary_size=1000)
WORDS = replace(TEXTS, kind="token-classification", num_outputs=3, class_names=("O", "B-a", "I-a"))
ROWS = replace(IMAGES, kind="table-classification", input_shape=(8,), num_numeric=6, category_sizes=(4, 9))

Searched = tuple[Task, Space]
"""What a domain is for, and what it searches."""


def test_the_readme_shows_every_component_with_its_ranges_and_what_each_domain_makes_of_them() -> None:
    expected = table()

    assert expected in README.read_text(encoding="utf-8"), f"README.md should have this table:\n\n{expected}"


def table() -> str:
    """Markdown: a row per component and training setting, a column per domain."""
    catalog = load_catalog()
    # Only what comes with automl: another test's plugin may be loaded in this process.
    own = [c for kind in KINDS for c in catalog.of_kind(kind) if c.origin.startswith("package automl ")]
    presets = {name: load_experiment(flags={"domain": name, "data": "some"}) for name in domains()}
    forms = {"image": IMAGES, "table": ROWS, "text": TEXTS, "token": WORDS}
    tasks = {name: forms[preset.task.partition("-")[0]] for name, preset in presets.items()}
    spaces = {name: (task, compose(catalog, task, presets[name].space).space) for name, task in tasks.items()}
    rows = [("kind", "name", "values (default)", *(f"`{name}`" for name in spaces)), ("---",) * (3 + len(spaces))]
    rows += [_component_row(component, spaces.values()) for component in own]
    rows += [_training_row(parameter, spaces.values()) for parameter in parameters_of(TrainingSettings)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _component_row(component: Component, spaces: Iterable[Searched]) -> tuple[str, ...]:
    values = "; ".join(f"{p.name} {_values(p.domain, p.default)}" for p in component.parameters)
    return component.kind, f"`{component.name}`", values, *(_state(component, *searched) for searched in spaces)


def _training_row(parameter: Parameter, spaces: Iterable[Searched]) -> tuple[str, ...]:
    cells = [_narrowed(f"training.{parameter.name}", parameter, *searched) or "searched" for searched in spaces]
    return "training", f"`{parameter.name}`", _values(parameter.domain, parameter.default), *cells


def _state(component: Component, task: Task, space: Space) -> str:
    """ "searched; depth 18 or 34": whether a domain searches it, and what it narrows."""
    prefix = f"{component.kind}.{component.name}"
    if component.kind == "model":
        options = space["model"].domain.values() or []
        state = "-" if component.name not in options else "searched" if len(options) > 1 else "always"
    else:
        if component.key not in space.components:
            return "-"
        switch = space[prefix]
        state = {True: "always", False: "-"}[bool(switch.default)] if switch.is_fixed else "searched"
        state += ", first trial too" if switch.default and not switch.is_fixed else ""
    parameters = [] if state == "-" else component.parameters
    narrowed = [(p.name, _narrowed(f"{prefix}.{p.name}", p, task, space)) for p in parameters]
    return "; ".join([state, *(f"{name} {what}" for name, what in narrowed if what)])


def _narrowed(name: str, parameter: Parameter, task: Task, space: Space) -> str:
    """What a domain leaves of a parameter, "" where that is all."""
    left = next((own for own in space.parameters if own.name == name), None)
    if left is None:
        return "-"
    if isinstance(parameter.domain, Text) and left.default == parameter.default:
        return ""
    if (left.domain, left.default) == (parameter.domain.resolve(task), parameter.default):
        return ""
    return text(left.default) if left.is_fixed else _values(left.domain, left.default)


def _values(domain: Domain, default: Value) -> str:
    return f"{str(domain).removeprefix('one of ')} ({text(default)})"


if __name__ == "__main__":
    print(table())
