import linecache
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import pytest

from automl.components import (
    Catalog,
    Component,
    Int,
    PluginSource,
    Task,
    augmentation,
    model,
    registering,
    regularizer,
)
from automl.errors import PluginError, UserError

IMAGES = "image-classification"


def net(task: Task, width: Annotated[int, Int(1, 9)] = 3) -> tuple[str, int]:
    """A net.

    More about it.
    """
    return task.kind, width


def component(name: str = "net", origin: str = "package a 1.0", factory: Callable[..., Any] = net) -> Component:
    return Component(kind="model", name=name, factory=factory, tasks=(IMAGES,), origin=origin)


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
        replace(component(), tasks=("image-clasification",))
    assert "image-classification" in str(refused.value.hint)


def test_a_bad_signature_names_the_component_and_its_origin() -> None:
    def bad(width: int = 3) -> None:
        """A net without a space."""

    with pytest.raises(PluginError, match=r"model 'net' \(file /x\.py\): argument width has no domain"):
        component(origin="file /x.py", factory=bad)


def test_decorators_register_and_give_the_function_back(empty_catalog: Catalog) -> None:
    with registering("file here.py") as components:
        assert model("net", task=IMAGES)(net) is net
        augmentation("shake")(net)
        regularizer("calm", task=[IMAGES], conflicts=["model.net"], neutral={"width": 0}, live=["width"])(net)
    assert [(c.kind, c.name, c.origin) for c in components] == [
        ("model", "net", "file here.py"),
        ("augmentation", "shake", "file here.py"),
        ("regularizer", "calm", "file here.py"),
    ]
    assert not empty_catalog.components, "the door adds them when all of the plugin is there"
    _, shake, calm = components
    assert calm.tasks == (IMAGES,) and calm.conflicts == ("model.net",) and calm.neutral == {"width": 0}
    assert calm.live == ("width",)
    assert "image-regression" in shake.tasks


def test_a_plugin_that_gives_one_name_twice_is_refused(empty_catalog: Catalog) -> None:
    with registering("file here.py"):
        model("net", task=IMAGES)(net)
        with pytest.raises(PluginError, match=r"file here\.py defines the model 'net' twice"):
            model("net", task=IMAGES)(net)


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({"conflicts": ("swa",)}, "conflicts holds names such as regularizer.swa, got 'swa'"),
        ({"weights": "net{width}"}, "weights='net{width}' needs the arguments pretrained, width"),
        ({"neutral": {"strength": 0}}, "neutral names 'strength', which is no argument"),
        ({"live": ("strength",)}, "live names 'strength', which is no argument"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(declared: dict[str, Any], problem: str) -> None:
    with pytest.raises(PluginError, match=re.escape(problem)):
        replace(component(), **declared)


def test_a_name_that_two_packages_claim_is_nobodys_and_says_whose() -> None:
    catalog = Catalog()
    for origin in ("package a 1.0", "package b 2.0", "package c 3.0"):
        catalog.add_installed(component(origin=origin))
    catalog.add_installed(component("other"))
    assert [c.name for c in catalog.of_kind("model")] == ["other"]
    with pytest.raises(PluginError, match=r"Two plugins define the model 'net': package a 1\.0 and package b 2\.0"):
        catalog.get("model", "net")


def test_provenance_names_the_package_or_the_text() -> None:
    assert component(origin="package a 1.0").provenance == "package a 1.0"
    source = PluginSource("/somewhere/net.py", "text")
    assert replace(component(), source=source).provenance == f"net.py sha256:{source.sha256[:16]}"


def test_outside_of_a_plugin_the_origin_is_where_the_function_was_defined(empty_catalog: Catalog) -> None:
    model("net", task=IMAGES)(net)
    assert __file__ in empty_catalog.get("model", "net").origin


def test_a_notebook_cell_may_be_run_again(empty_catalog: Catalog) -> None:
    for summary in ("First try.", "Second try."):
        scope: dict[str, Any] = {"__name__": "__main__"}
        # A notebook gives each run of a cell another file name.
        text = f'def cell():\n    """{summary}"""\n'
        linecache.cache[f"<cell {summary}>"] = (len(text), None, text.splitlines(True), "")
        exec(compile(text, f"<cell {summary}>", "exec"), scope)
        model("cell", task=IMAGES)(scope["cell"])
    found = empty_catalog.get("model", "cell")
    assert found.summary == "Second try."
    assert found.source and '"""Second try."""' in found.source.text


def test_what_was_typed_into_an_interpreter_has_no_source_to_send(empty_catalog: Catalog) -> None:
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile('def typed():\n    """A net."""\n', "<stdin>", "exec"), scope)
    with pytest.raises(PluginError, match=r"The source of typed \(<stdin>\) isn't known"):
        model("typed", task=IMAGES)(scope["typed"])
