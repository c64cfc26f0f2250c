"""Whose code a registered model may run."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from automl.components import Catalog, PluginSource, Task, load_catalog, read_plugin
from automl.components.added import add_plugin
from automl.data import ImagePreparation
from automl.errors import Notice, UserError
from automl.registry.trust import check_trust
from automl.tracking.store import Store
from automl.training.bundle import Part, write_bundle
from automl.training.checkpoint import write_weights

NET = '''
@model("net", task="image-classification")
def net():
    """A net."""
'''


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def remote(home: Path) -> Store:
    return Store("http://models.example:5000", None, home)


@pytest.fixture
def own(home: Path) -> Store:
    return Store(f"sqlite:///{home}/mlflow.db", None, home)


@pytest.fixture
def source(write_plugin: Callable[..., Path]) -> PluginSource:
    return read_plugin(write_plugin(NET))


@pytest.fixture
def bundle(source: PluginSource, tmp_path: Path, make_task: Callable[..., Task], shared_catalog: Catalog) -> Path:
    """Of a model that carries its plugin."""
    return pack(tmp_path / "bundle", "net", source, make_task())


def pack(folder: Path, model: str, source: PluginSource, task: Task) -> Path:
    load_catalog([source])
    weights = folder.with_suffix(".safetensors")
    write_weights(nn.Linear(1, 1), weights)
    preparation = ImagePreparation(1, 8, 8, 255, (0.5,), (0.25,))
    write_bundle(
        folder,
        parts=[Part(weights, {"model": model})],
        task=task,
        preparation=preparation,
        plugins=(source,),
    )
    return folder


def test_code_from_a_remote_store_is_refused_unless_it_is_trusted(
    remote: Store, bundle: Path, source: PluginSource
) -> None:
    with pytest.raises(UserError, match=rf"http://models\.example:5000 and carries code.*{source.sha256}") as refused:
        check_trust(remote, bundle, trust_plugins=False)
    assert "--trust-plugins" in str(refused.value.hint) and str(bundle / "plugins") in str(refused.value.hint)
    check_trust(remote, bundle, trust_plugins=True)


def test_a_database_that_others_may_write_is_remote(home: Path, bundle: Path) -> None:
    with pytest.raises(UserError, match="carries code"):
        check_trust(Store("sqlite:////shared/mlflow.db", None, home), bundle, trust_plugins=False)


def test_ones_own_store_is_trusted(own: Store, bundle: Path) -> None:
    check_trust(own, bundle, trust_plugins=False)


def test_what_the_user_has_added_is_trusted_by_its_hash(
    remote: Store, bundle: Path, home: Path, source: PluginSource
) -> None:
    add_plugin(home, source)
    check_trust(remote, bundle, trust_plugins=False)


def test_a_plugin_that_was_swapped_for_another_text_is_not_run(remote: Store, home: Path, bundle: Path) -> None:
    described = json.loads((bundle / "model.json").read_text())
    (bundle / "plugins" / described["plugins"][0]["file"]).write_text("import os")
    with pytest.raises(UserError, match="isn't what the model was trained with"):
        check_trust(remote, bundle, trust_plugins=True)


def test_a_model_without_plugins_needs_no_trust(
    remote: Store, source: PluginSource, tmp_path: Path, make_task: Callable[..., Task], shared_catalog: Catalog
) -> None:
    check_trust(remote, pack(tmp_path / "bundle", "mlp", source, make_task()), trust_plugins=False)


def test_another_text_under_the_same_file_name_is_said(
    own: Store, bundle: Path, home: Path, write_plugin: Callable[..., Path]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_trust(own, bundle, trust_plugins=False)
    add_plugin(home, read_plugin(write_plugin(NET + "# edited")))
    with pytest.warns(Notice, match=r"The model uses my_plugin\.py as it was trained .*, not /"):
        check_trust(own, bundle, trust_plugins=False)
