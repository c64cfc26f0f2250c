from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest

from automl.components import Choice, Float, Int, Task, parameters_of
from automl.errors import PluginError


def test_a_signature_is_a_space() -> None:
    def factory(
        task: Task,
        width: Annotated[int, Int(16, 128, log=True)] = 32,
        pool: Literal["mean", "attention"] = "mean",
        bias: bool = True,
        rate: Annotated[float, Float(0.0, 0.6)] = 0.1,
        depth: Annotated[int, Choice(18, 34)] = 18,
    ) -> None: ...

    found = {p.name: (p.domain, p.default) for p in parameters_of(factory)}
    assert found == {
        "width": (Int(16, 128, log=True), 32),
        "pool": (Choice("mean", "attention"), "mean"),
        "bias": (Choice(False, True), True),
        "rate": (Float(0.0, 0.6), 0.1),
        "depth": (Choice(18, 34), 18),
    }


def test_annotations_written_as_text_are_read() -> None:
    def factory(width: "Annotated[int, Int(1, 4)]" = 2) -> "OnlyForTypeCheckers":  # type: ignore[name-defined] # noqa: F821
        ...

    assert parameters_of(factory)[0].domain == Int(1, 4)


def test_none_may_be_one_of_the_choices() -> None:
    def factory(norm: Literal["batch", "layer"] | None = None) -> None: ...

    assert parameters_of(factory)[0].domain == Choice("batch", "layer", None)


def test_a_bool_or_literal_may_carry_a_condition() -> None:
    def factory(
        pool: Literal["mean", "attention"] = "mean",
        scaled: Annotated[bool, Choice(when={"pool": "attention"})] = False,
    ) -> None: ...

    scaled = parameters_of(factory)[1]
    assert scaled.domain.values() == [False, True]
    assert scaled.when == {"pool": ("attention",)}


def test_parameters_come_after_those_that_their_conditions_name() -> None:
    def factory(
        last: Annotated[int, Int(1, 3, when={"middle": [2, 3]})] = 1,
        middle: Annotated[int, Int(1, 3, when={"first": True})] = 1,
        first: bool = False,
    ) -> None: ...

    found = parameters_of(factory)
    assert [p.name for p in found] == ["first", "middle", "last"]
    assert found[2].when == {"middle": (2, 3)}


def no_domain(width: int = 3) -> None: ...
def no_annotation(width=3) -> None: ...  # type: ignore[no-untyped-def]
def open_number(width: int | None = None) -> None: ...
def no_default(width: Annotated[int, Int(1, 3)]) -> None: ...
def default_outside(width: Annotated[int, Int(1, 3)] = 4) -> None: ...
def no_such_option(pool: Literal["a", "b"] = "c") -> None: ...  # type: ignore[assignment]
def upside_down(width: Annotated[int, Int(3, 1)] = 2) -> None: ...
def any_arguments(*rest: int) -> None: ...
def any_keywords(**rest: int) -> None: ...
def unknown_condition(width: Annotated[int, Int(1, 3, when={"pool": "a"})] = 1) -> None: ...
def impossible_condition(flag: bool = True, width: Annotated[int, Int(1, 3, when={"flag": "yes"})] = 1) -> None: ...
def unresolved(width: "Annotated[int, Nowhere(1)]" = 1) -> None: ...  # type: ignore[name-defined] # noqa: F821


def circle(
    a: Annotated[bool, Choice(when={"b": True})] = True, b: Annotated[bool, Choice(when={"a": True})] = True
) -> None: ...


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (no_domain, "argument width has no domain"),
        (no_annotation, "argument width has no domain"),
        (open_number, "argument width has no domain"),
        (no_default, "argument width has no default"),
        (default_outside, "argument width: the default 4 isn't 1 to 3"),
        (no_such_option, "argument pool: the default c isn't one of a, b"),
        (upside_down, "argument width: low 3 is above high 1"),
        (any_arguments, r"\*rest isn't searchable"),
        (any_keywords, r"\*rest isn't searchable"),
        (unknown_condition, "argument width: when names 'pool'; there are: width"),
        (impossible_condition, "argument width: when flag is yes, which it never is"),
        (circle, "the conditions of a, b depend on each other in a circle"),
        (unresolved, "its annotations can't be read: name 'Nowhere' is not defined"),
    ],
)
def test_a_signature_that_is_no_space_says_why(factory: Callable[..., Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        parameters_of(factory)


def test_a_missing_domain_is_told_how_to_write_one() -> None:
    with pytest.raises(PluginError) as refused:
        parameters_of(no_domain)
    assert "Annotated[float, Float(low, high)]" in str(refused.value.hint)
