from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import pytest

from automl.components import Catalog, Component, Int, Task, augmentation, model, registering, regularizer
from automl.errors import PluginError, UserError

IMAGES = "image-classification"


def net(task: Task, width: Annotated[int, Int(1, 9)] = 3) -> tuple[str, int]:
    """A net.

    More about it.
    """
    return task.kind, width


def component(name: str = "net", origin: str = "package a 1.0", factory: Callable[..., Any] = net) -> Component:
    return Component("model", name, factory, (IMAGES,), None, origin)


def test_a_duplicate_name_is_refused_and_names_both_origins() -> None:
    catalog = Catalog()
    catalog.add(component(origin="package a 1.0"))
    with pytest.raises(PluginError, match=r"model 'net': package a 1\.0 and file /tmp/b\.py"):
        catalog.add(component(origin="file /tmp/b.py"))
    assert catalog.get("model", "net").origin == "package a 1.0"


def test_the_same_name_may_stand_in_two_kinds() -> None:
    catalog = Catalog()
    catalog.add(component())
    catalog.add(replace(component(), kind="augmentation", origin="file b.py"))
    assert len(catalog.components) == 2


def test_registering_again_from_one_origin_replaces() -> None:
    def better(task: Task) -> None:
        """A better net."""

    catalog = Catalog()
    catalog.add(component())
    catalog.add(component(factory=better))
    assert catalog.get("model", "net").summary == "A better net."


def test_an_unknown_name_is_told_with_the_near_matches() -> None:
    catalog = Catalog()
    for name in ("small_cnn", "resnet", "mlp"):
        catalog.add(component(name))
    with pytest.raises(UserError, match=r"Unknown model 'resnett'\. Choices: mlp, resnet, small_cnn") as refused:
        catalog.get("model", "resnett")
    assert refused.value.hint == "Did you mean resnet?"


def test_an_unknown_name_may_be_in_a_plugin_that_failed_to_load() -> None:
    catalog = Catalog(broken={"package vit 2.0": "ImportError: no timm"})
    with pytest.raises(UserError) as refused:
        catalog.get("model", "vit")
    assert "package vit 2.0: ImportError: no timm" in str(refused.value.hint)


def test_components_of_a_kind_come_by_name() -> None:
    catalog = Catalog()
    for name in ("b", "c", "a"):
        catalog.add(component(name))
    assert [c.name for c in catalog.of_kind("model")] == ["a", "b", "c"]
    assert catalog.of_kind("regularizer") == []


def test_a_component_is_built_from_the_task_and_its_values() -> None:
    task = Task(kind=IMAGES, num_outputs=2, input_shape=(1, 8, 8), class_names=("a", "b"))
    assert component().build(task, {"width": 7}) == (IMAGES, 7)
    assert component(factory=lambda_with_doc).build(task, {}) == "no task needed"


def lambda_with_doc() -> str:
    """Takes no task."""
    return "no task needed"


def test_a_component_says_why_it_does_not_fit() -> None:
    small = Task(kind=IMAGES, num_outputs=2, input_shape=(1, 8, 8), class_names=("a", "b"))
    picky = replace(component(), applies=lambda task: "needs 75 px or more" if task.input_shape[1] < 75 else None)
    assert picky.mismatch(small) == "needs 75 px or more"
    assert component().mismatch(small) is None
    assert component().mismatch(replace(small, kind="image-regression")) == f"is for {IMAGES}, not image-regression"


@pytest.mark.parametrize("name", ["Net", "my-net", "2nets", "", "net.small"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(PluginError, match=r"\(package a 1\.0\): a name is lower case letters"):
        component(name)


def test_a_component_without_documentation_is_refused() -> None:
    def silent() -> None: ...

    with pytest.raises(PluginError, match="needs a docstring"):
        component(factory=silent)


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(UserError, match="Unknown task 'image-clasification'") as refused:
        Component("model", "net", net, ("image-clasification",), None, "here")
    assert "image-classification" in str(refused.value.hint)


def test_a_bad_signature_names_the_component_and_its_origin() -> None:
    def bad(width: int = 3) -> None:
        """A net without a space."""

    with pytest.raises(PluginError, match=r"model 'net' \(file /x\.py\): argument width has no domain"):
        component(origin="file /x.py", factory=bad)


def test_decorators_register_and_give_the_function_back(empty_catalog: Catalog) -> None:
    with registering("file here.py"):
        assert model("net", task=IMAGES)(net) is net
        augmentation("shake")(net)
        regularizer("calm", task=[IMAGES])(net)
    assert [(c.kind, c.name, c.origin) for c in empty_catalog.components.values()] == [
        ("model", "net", "file here.py"),
        ("augmentation", "shake", "file here.py"),
        ("regularizer", "calm", "file here.py"),
    ]
    assert empty_catalog.get("regularizer", "calm").tasks == (IMAGES,)
    assert "image-regression" in empty_catalog.get("augmentation", "shake").tasks


def test_outside_of_a_plugin_the_origin_is_where_the_function_was_defined(empty_catalog: Catalog) -> None:
    model("net", task=IMAGES)(net)
    assert __file__ in empty_catalog.get("model", "net").origin


def test_a_notebook_cell_may_be_run_again(empty_catalog: Catalog) -> None:
    for summary in ("First try.", "Second try."):
        scope: dict[str, Any] = {"__name__": "__main__"}
        # A notebook gives each run of a cell another file name.
        exec(compile(f'def cell():\n    """{summary}"""\n', f"<cell {summary}>", "exec"), scope)
        model("cell", task=IMAGES)(scope["cell"])
    assert empty_catalog.get("model", "cell").summary == "Second try."
