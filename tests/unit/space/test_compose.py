from collections.abc import Callable
from typing import Any

import pytest

from automl.components import Catalog, Choice, Float, Int, Task
from automl.errors import UserError
from automl.space import Space, check_overrides, compose

MakeTask = Callable[..., Task]


def names(space: Space) -> list[str]:
    return [parameter.name for parameter in space.parameters]


@pytest.fixture
def composed(forest: Catalog, make_task: MakeTask) -> Callable[..., Space]:
    def compose_forest(overrides: dict[str, Any] | None = None, task: Task | None = None) -> Space:
        return compose(forest, task or make_task((1, 8, 8)), overrides or {}).space

    return compose_forest


def test_a_space_holds_every_component_that_fits(composed: Callable[..., Space]) -> None:
    found = names(composed())
    assert found[:2] == ["model", "model.tree.kind"]
    assert composed()["model"].domain == Choice("bush", "tree")
    assert "augmentation.flip" in found and "augmentation.flip.p" in found and "regularizer.calm.strength" in found
    assert {"training.optimizer", "training.lr", "training.batch_size", "training.epochs"} <= set(found)


def test_a_regression_gets_the_models_for_it(composed: Callable[..., Space], make_task: MakeTask) -> None:
    domain = composed(task=make_task((1, 80, 80), classes=0))["model"].domain
    assert domain == Choice("bush", "giant", "numbers_only", "tree")


def test_bounds_are_those_of_the_data_and_so_is_the_default(
    composed: Callable[..., Space], make_task: MakeTask
) -> None:
    width = composed()["model.tree.width"]
    assert (width.domain, width.default) == (Int(2, 8), 8)
    assert composed(task=make_task((1, 60, 60)))["model.tree.width"].default == 32


def test_every_parameter_comes_after_those_that_its_conditions_name(composed: Callable[..., Space]) -> None:
    space = composed()
    for position, parameter in enumerate(space.parameters):
        assert {name for name, _ in parameter.conditions} <= set(names(space)[:position])


def test_models_are_chosen_by_name_and_the_first_is_the_default(composed: Callable[..., Space]) -> None:
    space = composed({"model": ["tree", "bush"]})
    assert space["model"].domain == Choice("tree", "bush")
    assert space.default()["model"] == "tree"
    assert composed({"model": "bush"})["model"].is_fixed
    assert composed({"model": {"choices": ["tree", "bush"], "default": "bush"}}).default()["model"] == "bush"
    assert composed({"model": {"default": "tree"}}).default()["model"] == "tree"


def test_a_model_named_twice_is_searched_once(composed: Callable[..., Space]) -> None:
    space = composed({"model": ["bush", "tree", "bush"]})
    assert space["model"].domain == Choice("bush", "tree")
    assert len(names(space)) == len(set(names(space)))


def test_what_is_not_chosen_has_no_parameters(composed: Callable[..., Space]) -> None:
    assert not [name for name in names(composed({"model": "bush"})) if name.startswith("model.")]


def test_a_component_switched_off_vanishes(composed: Callable[..., Space]) -> None:
    space = composed({"augmentation.flip": False})
    assert "augmentation.flip.p" not in names(space)
    assert "augmentation.flip" not in [parameter.name for parameter in space.searched]


def test_a_component_switched_on_keeps_its_parameters(composed: Callable[..., Space]) -> None:
    space = composed({"augmentation.flip": True})
    assert space["augmentation.flip"].is_fixed
    assert space.default()["augmentation.flip.p"] == 0.5


def test_what_a_fixed_value_rules_out_vanishes_down_the_chain(composed: Callable[..., Space]) -> None:
    found = names(composed({"model.tree.kind": "elm"}))
    assert "model.tree.rings" not in found and "model.tree.bark" not in found
    found = names(composed({"model.tree.rings": 1}))
    assert "model.tree.rings" in found and "model.tree.bark" not in found


def test_a_range_is_narrowed(composed: Callable[..., Space]) -> None:
    lr = composed({"training.lr": {"low": 0.01, "high": 0.1}})["training.lr"]
    assert (lr.domain, lr.default) == (Float(0.01, 0.1, log=True), 0.01)


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("training.lrr", "training.lr"),
        ("model.tree.widht", "model.tree.width"),
        ("augmentation.flipp", "augmentation.flip"),
        ("lr", None),
        ("model.tree", None),
    ],
)
def test_an_unknown_key_is_told_with_the_near_matches(composed: Callable[..., Space], key: str, near: str) -> None:
    with pytest.raises(UserError, match=rf"Unknown parameter '{key}' \(set to 3\)") as refused:
        composed({key: 3})
    assert near is None or near in str(refused.value.hint)
    assert "automl plugins list" in str(refused.value.hint)


def test_a_value_out_of_range_names_the_parameter_and_the_range(composed: Callable[..., Space]) -> None:
    with pytest.raises(UserError, match=r"model\.tree\.width must be 2 to 8, got 9"):
        composed({"model.tree.width": 9})


@pytest.mark.parametrize("spec", ["oak", ["bush", "oak"], {"choices": ["oak"]}])
def test_an_unknown_model_is_told_with_the_choices(composed: Callable[..., Space], spec: Any) -> None:
    with pytest.raises(UserError, match=r"Unknown model 'oak'\. Choices: bush, giant, numbers_only, tree"):
        composed({"model": spec})


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([], r"model needs at least one name, got \[\]"),
        ({"choices": []}, r"model needs at least one name, got \[\]"),
        ({"choices": ["bush"], "defualt": "bush"}, "Unknown key of model 'defualt'"),
        ({"low": 1}, "Unknown key of model 'low'"),
        ({"choices": ["bush"], "default": "tree"}, "model must be one of bush, got tree"),
    ],
)
def test_a_bad_choice_of_models_is_refused(composed: Callable[..., Space], spec: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        composed({"model": spec})


def test_a_model_that_was_asked_for_and_does_not_fit_is_noted(forest: Catalog, make_task: MakeTask) -> None:
    composition = compose(forest, make_task((1, 8, 8)), {"model": ["bush", "giant"]})
    assert composition.notes == ("Not searched: model giant, which needs 75 px or more.",)
    assert composition.space["model"].domain == Choice("bush")


def test_where_no_model_fits_each_says_why(composed: Callable[..., Space]) -> None:
    with pytest.raises(UserError) as refused:
        composed({"model": ["giant", "numbers_only"]})
    assert "giant needs 75 px or more" in refused.value.message
    assert "numbers_only is for image-regression, not image-classification" in refused.value.message


def test_an_empty_catalog_has_no_model_to_search(make_task: MakeTask) -> None:
    with pytest.raises(UserError, match="the catalog has none"):
        compose(Catalog(), make_task(), {})


def test_the_parameters_of_a_model_that_does_not_fit_may_still_be_set(composed: Callable[..., Space]) -> None:
    """A preset narrows models that this data may not fit."""
    assert "model.giant.size" not in names(composed({"model.giant.size": 5}))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"training.lrr": 1}, r"Unknown parameter 'training\.lrr'"),
        ({"training.lr": 7}, r"training\.lr must be"),
        ({"augmentation.flip": "maybe"}, r"augmentation\.flip must be one of false, true"),
        ({"model.giant.size": 10}, r"model\.giant\.size must be 1 to 9"),
        ({"model": "oak"}, r"Unknown model 'oak'"),
        ({"model": []}, r"model needs at least one name"),
    ],
)
def test_what_no_data_makes_right_is_found_without_data(
    forest: Catalog, overrides: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        check_overrides(forest, overrides)


def test_what_depends_on_the_data_waits_for_it(forest: Catalog) -> None:
    check_overrides(forest, {"model.tree.width": 1000, "model": "giant", "training.lr": 0.1})


def test_what_a_model_that_fits_itself_has_no_use_for_is_not_proposed_beside_it(catalog: Catalog) -> None:
    from automl.testing import tiny

    task = tiny.task_of("table-classification", (4, (3,)))
    space = compose(catalog, task, {"model": ["lightgbm", "mlp"], "training.epochs": 3}).space
    assert {p.name for p in space.parameters if p.conditions == (("model", ("mlp",)),)} >= {
        "training.lr",
        "training.batch_size",
        "augmentation.feature_noise",
        "regularizer.l2",
    }
    alone = compose(catalog, task, {"model": "lightgbm"}).space.default()
    assert {name for name in alone if not name.startswith("model")} == {"training.class_weights", "training.epochs"}


def test_a_condition_holds_no_values_that_cannot_come_up_any_more(composed: Callable[..., Space]) -> None:
    narrowed = composed({"model": ["tree"], "model.tree.rings": [1, 2]})

    assert dict(narrowed["model.tree.bark"].conditions)["model.tree.rings"] == (2,)
