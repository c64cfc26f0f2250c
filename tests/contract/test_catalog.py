"""What is said of every built-in component, and of every domain."""

import ast
import inspect
from collections.abc import Callable
from importlib.metadata import version
from types import ModuleType

import pytest

from automl.components import KINDS, Catalog, Component, Task, load_catalog
from automl.config import domains, load_experiment, preset_of
from automl.evaluation import find_metric
from automl.space import compose

COMPONENTS = [component for kind in KINDS for component in load_catalog().of_kind(kind)]
each_component = pytest.mark.parametrize("component", COMPONENTS, ids=lambda found: f"{found.kind}-{found.name}")


def module_of(component: Component) -> ModuleType:
    module = inspect.getmodule(component.factory)
    assert module is not None
    return module


def test_all_that_was_promised_is_there(catalog: Catalog) -> None:
    names = {kind: {component.name for component in catalog.of_kind(kind)} for kind in KINDS}
    assert names["model"] >= {
        *("mlp", "small_cnn", "resnet", "inception", "inception_v3"),
        *("densenet", "efficientnet", "convnext", "vit"),
    }
    assert names["augmentation"] >= {
        *("horizontal_flip", "vertical_flip", "random_crop", "resized_crop", "random_affine", "brightness", "contrast"),
        *("color_jitter", "gaussian_noise", "blur", "cutout", "mixup", "cutmix", "trivial_augment"),
    }
    assert names["regularizer"] >= {
        *("l1", "l2", "dropout", "stochastic_depth", "label_smoothing", "ema", "swa", "sam", "gradient_clipping"),
        *("early_stopping", "freeze_backbone"),
    }
    assert not catalog.broken


@each_component
def test_built_in_components_come_in_by_the_door_that_is_open_to_all(component: Component) -> None:
    assert component.origin == f"package automl {version('automl')}"


@each_component
def test_a_component_is_documented(component: Component) -> None:
    assert component.summary.endswith(".") and len(component.summary) < 120
    assert component.summary[0].isupper()
    assert module_of(component).__doc__


@each_component
def test_a_component_has_a_file_of_its_own_name(component: Component) -> None:
    assert module_of(component).__name__ == f"automl_plugins.{component.kind}s.{component.name}"


@each_component
def test_a_component_imports_of_the_engine_only_the_public_door(component: Component) -> None:
    tree = ast.parse(inspect.getsource(module_of(component)))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name for name in imported if name.split(".")[0] == "automl"} == {"automl.plugin"}


@each_component
def test_a_component_is_listed_without_torch(component: Component) -> None:
    tree = ast.parse(inspect.getsource(module_of(component)))
    at_import = {n.module or "" for n in tree.body if isinstance(n, ast.ImportFrom)}
    at_import |= {alias.name for n in tree.body if isinstance(n, ast.Import) for alias in n.names}
    assert not {name for name in at_import if name.split(".")[0] in ("torch", "torchvision")}


@pytest.mark.parametrize("domain", [name for name in domains() if preset_of(name)["task"].startswith("image-")])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28), (1, 33, 40), (3, 64, 64)])
@pytest.mark.parametrize("classes", [2, 10])
def test_a_domain_has_something_to_search_in_any_images(
    domain: str, shape: tuple[int, int, int], classes: int, catalog: Catalog, make_task: Callable[..., Task]
) -> None:
    _check_space(domain, make_task(shape, classes), catalog)


@pytest.mark.parametrize("domain", [name for name in domains() if preset_of(name)["task"].startswith("table-")])
@pytest.mark.parametrize(("numbers", "sizes"), [(1, ()), (0, (4,)), (40, (3, 5_000))])
@pytest.mark.parametrize("classes", [0, 2, 10])
def test_a_domain_has_something_to_search_in_any_table(
    domain: str, numbers: int, sizes: tuple[int, ...], classes: int, catalog: Catalog
) -> None:
    task = Task(
        kind="table-classification" if classes else "table-regression",
        num_outputs=classes or 1,
        input_shape=(numbers + len(sizes),),
        class_names=tuple(f"class{index}" for index in range(classes)),
        num_numeric=numbers,
        category_sizes=sizes,
    )
    _check_space(domain, task, catalog)


def _check_space(domain: str, task: Task, catalog: Catalog) -> None:
    experiment = load_experiment(flags={"domain": domain, "data": "some", "task": task.kind})
    composition = compose(catalog, task, experiment.space)
    assert len(composition.notes) <= (0 if task.num_numeric or not task.is_table else 1)  # noise needs numbers
    assert len(composition.space.searched) >= 3
    assert find_metric(experiment.metric, experiment.task)
    default = composition.space.default()
    assert all(composition.space[name].domain.contains(value) for name, value in default.items())
