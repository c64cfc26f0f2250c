"""A real bundle, of a plugin file, is predicted directly and through MLflow."""

from pathlib import Path

import numpy as np
import pytest
from made_up import LIGHT, PIXELS, add_version

from automl.components import PluginSource, load_catalog
from automl.errors import UserError
from automl.registry import find_model
from automl.serving import predict
from automl.tracking import Store
from automl.training.bundle import Part, write_bundle
from automl.training.checkpoint import write_weights

pytestmark = pytest.mark.integration

PLUGIN = '''
from automl.plugin import Task, model

@model("brightness_net_for_tests", task="image-classification")
def brightness_net(task: Task):
    """Says "light" where the mean is high."""
    from torch import nn
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
'''


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    import torch
    from torch import nn

    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    with torch.no_grad():
        module[1].weight.copy_(torch.stack([-torch.ones(16), torch.ones(16)]))
        module[1].bias.zero_()
    write_weights(module, tmp_path / "best.safetensors")
    plugin = PluginSource("brightness.py", PLUGIN)
    load_catalog([plugin])
    folder = tmp_path / "bundle"
    write_bundle(
        folder,
        parts=[Part(tmp_path / "best.safetensors", {"model": "brightness_net_for_tests"})],
        task=LIGHT,
        preparation=PIXELS,
        plugins=(plugin,),
    )
    return folder


def write_images(folder: Path) -> Path:
    from PIL import Image

    folder.mkdir()
    for name, level in (("a.png", 250), ("b.png", 5), ("c.png", 240)):
        Image.fromarray(np.full((4, 4), level, np.uint8)).save(folder / name)
    return folder


def test_a_folder_of_images_is_predicted_row_by_row(bundle: Path, tmp_path: Path) -> None:
    table = predict(bundle, write_images(tmp_path / "images"))
    assert list(table.columns) == ["id", "prediction", "p_dark", "p_light"]
    assert table["id"].tolist() == ["a.png", "b.png", "c.png"]
    assert table["prediction"].tolist() == ["light", "dark", "light"]


def test_an_empty_folder_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError):
        predict(bundle, tmp_path / "empty")


def test_what_is_found_by_name_and_what_mlflow_loads_predict_the_same(
    store: Store, bundle: Path, tmp_path: Path
) -> None:
    import mlflow

    add_version(store, bundle, 0.5, name="light")
    by_name = predict(find_model(store, "light"), write_images(tmp_path / "images"))
    images = np.stack([np.full((1, 4, 4), level, np.uint8) for level in (250, 5, 240)])
    by_mlflow = mlflow.pyfunc.load_model("models:/light@champion").predict(images)
    assert by_mlflow["prediction"].tolist() == by_name["prediction"].tolist() == ["light", "dark", "light"]
    assert np.allclose(by_mlflow["p_light"], by_name["p_light"])
    with pytest.raises(mlflow.MlflowException, match="shape"):
        mlflow.pyfunc.load_model("models:/light@champion").predict(images[:, :, :2])
