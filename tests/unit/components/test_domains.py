import math
from collections.abc import Callable

import pytest

from automl.components import Choice, Domain, Float, Int, Task
from automl.components.domains import require
from automl.errors import UserError


def test_int_holds_its_bounds_and_steps() -> None:
    domain = Int(2, 10, step=4)
    assert [value for value in range(13) if domain.contains(value)] == [2, 6, 10]
    assert domain.values() == [2, 6, 10]


@pytest.mark.parametrize("value", [True, 3.0, "3", None])
def test_int_refuses_what_is_no_integer(value: object) -> None:
    assert not Int(1, 5).contains(value)


def test_float_holds_its_bounds_and_whole_numbers() -> None:
    domain = Float(0.0, 1.0)
    assert domain.contains(0.0) and domain.contains(1) and domain.contains(0.123)
    assert not any(map(domain.contains, [-0.01, 1.01, math.nan, math.inf, True, "0.5", None]))


def test_stepped_float_lists_its_values_without_rounding_errors() -> None:
    domain = Float(0.1, 0.7, step=0.2)
    assert domain.values() == [0.1, 0.3, 0.5, 0.7]
    assert domain.contains(0.1 + 0.2) and not domain.contains(0.2)


def test_continuous_float_has_no_list_of_values() -> None:
    assert Float(0.0, 1.0).values() is None
    assert Float(0.5, 0.5).values() == [0.5]


def test_choice_tells_true_from_1() -> None:
    assert not Choice(1, 2).contains(True)
    assert not Choice(False, True).contains(1)
    assert Choice(None, "a").contains(None)


@pytest.mark.parametrize(
    ("domain", "value", "nearest"),
    [
        (Int(4, 20, step=4), 0, 4),
        (Int(4, 20, step=4), 9, 8),
        (Int(4, 22, step=4), 99, 20),
        (Float(0.0, 1.0), 7, 1.0),
        (Float(0.0, 1.0, step=0.25), 0.3, 0.25),
        (Float(0.0, 1.0, step=0.4), 1.0, 0.8),
        (Choice("a", "b"), "b", "b"),
        (Choice("a", "b"), "c", "a"),
    ],
)
def test_clip_gives_an_allowed_value_nearby(domain: Domain, value: object, nearest: object) -> None:
    assert domain.clip(value) == nearest
    assert domain.contains(nearest)


def test_bounds_may_depend_on_the_data() -> None:
    task = Task(kind="image-regression", num_outputs=1, input_shape=(3, 20, 12))
    domain = Int(lambda t: t.input_shape[0], lambda t: t.input_shape[-1] // 2)
    assert domain.resolve(task) == Int(3, 6)
    assert str(domain).startswith("as the data allow")


def test_a_bound_that_the_data_pushes_below_the_other_leaves_one_value() -> None:
    task = Task(kind="image-regression", num_outputs=1, input_shape=(1, 4, 4))
    assert Int(4, lambda t: t.input_shape[-1] // 2).resolve(task).values() == [4]


@pytest.mark.parametrize(
    ("domain", "problem"),
    [
        (Int(5, 1), "low 5 is above high 1"),
        (Int(1, 5, step=0), "step must be at least 1"),
        (Int(0, 5, log=True), "needs low >= 1"),
        (Int(1, 9, step=2, log=True), "takes no step"),
        (Float(1.0, 0.0), "is above high"),
        (Float(0.0, 1.0, log=True), "needs low > 0"),
        (Float(0.0, math.inf), "must be finite"),
        (Float(0.0, 1.0, step=-0.1), "step must be above 0"),
        (Float(0.1, 1.0, step=0.1, log=True), "takes no step"),
        (Choice(), "no options"),
        (Choice("a", "a"), "stands twice"),
    ],
)
def test_an_impossible_domain_says_what_is_wrong(domain: Domain, problem: str) -> None:
    assert problem in (domain.problem() or "")


def test_a_refused_value_is_told_with_the_range_and_an_example() -> None:
    with pytest.raises(UserError, match=r"training.lr must be 0.001 to 0.1, log scale, got 5") as refused:
        require(Float(0.001, 0.1, log=True), 5.0, "training.lr")
    assert "--set training.lr=0.1" in str(refused.value.hint)


@pytest.mark.parametrize("domain", [Int(1, 9), Float(0.5, 1.0), Choice("a", "b")])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, [1], {"a": 1}, "text", None])
def test_whatever_is_refused_the_example_is_allowed(domain: Domain, value: object) -> None:
    with pytest.raises(UserError) as refused:
        require(domain, value, "p")
    example = str(refused.value.hint).rpartition("p=")[2].rstrip(".")
    assert any(domain.contains(kind(example)) for kind in (str, float, lambda text: int(float(text))))


def test_a_choice_may_depend_on_the_task(make_task: Callable[..., Task]) -> None:
    domain = Choice("plain", "grey", fits=lambda task, option: option == "plain" or task.input_shape[0] == 1)
    assert domain.resolve(make_task((1, 8, 8))).values() == ["plain", "grey"]
    assert domain.resolve(make_task((3, 8, 8))).values() == ["plain"]
    assert domain.resolve(make_task((3, 8, 8))).fits is None, "what is resolved can be pickled"
