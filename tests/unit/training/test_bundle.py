import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from automl import __version__
from automl.components import Catalog, PluginSource, load_catalog, read_plugin
from automl.errors import Notice, UserError
from automl.evaluation.calibration import Calibration
from automl.training import TrainingData, checkpoint
from automl.training.assembly import without_download
from automl.training.bundle import Part, adjust_bundle, write_bundle
from automl.training.checkpoint import read_weights, write_weights
from automl.training.trained import TrainedModel
from automl.training.trainer import Trainer

MakeTrainer = Callable[..., Trainer]
Configure = Callable[..., dict[str, Any]]


@pytest.fixture
def train_and_pack(make_trainer: MakeTrainer, tmp_path: Path) -> Callable[..., tuple[Path, dict[str, float]]]:
    """Trains one epoch and packs it: the bundle's folder and what validation gave."""

    def pack(
        configuration: dict[str, Any], data: TrainingData, plugins: tuple[PluginSource, ...] = ()
    ) -> tuple[Path, dict[str, float]]:
        metrics = make_trainer({**configuration, "training.epochs": 1}, data=data).run_epoch().metrics
        write_bundle(
            tmp_path / "bundle",
            parts=[Part(tmp_path / "best.safetensors", configuration)],
            task=data.task,
            preparation=data.preparation,
            plugins=plugins,
        )
        return tmp_path / "bundle", metrics

    return pack


DROPOUT = {"regularizer.dropout": True, "regularizer.dropout.p": 0.5}


@pytest.mark.parametrize("classes", [3, 0])
@pytest.mark.parametrize("chosen", [{}, DROPOUT])
@pytest.mark.parametrize(("name", "parameters"), [("mlp", {"width": 16}), ("small_cnn", {"width": 8, "stages": 2})])
def test_a_bundle_predicts_what_validation_saw(
    train_and_pack: Any,
    configure: Configure,
    make_data: Callable[..., TrainingData],
    chosen: dict[str, Any],
    classes: int,
    name: str,
    parameters: dict[str, Any],
) -> None:
    data = make_data(classes=classes)
    folder, metrics = train_and_pack(configure(name, chosen, **parameters), data)
    loaded = TrainedModel.load(folder)
    predicted = loaded.predict(data.val_inputs)
    assert predicted.dtype == np.float32 and predicted.shape == (12, data.task.num_outputs)
    if classes:
        np.testing.assert_allclose(predicted.sum(1), 1, rtol=1e-5)
        assert (predicted.argmax(1) == data.val_targets).mean() == pytest.approx(metrics["val_accuracy"])
    else:
        assert ((predicted - data.val_targets) ** 2).mean() == pytest.approx(metrics["val_mse"], rel=1e-4)
    assert (loaded.task, loaded.preparation) == (data.task, data.preparation)
    np.testing.assert_array_equal(predicted, loaded.predict(data.val_inputs))


def test_no_images_give_no_rows(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    data = make_data()
    folder, _ = train_and_pack(configure("mlp", width=16), data)
    assert TrainedModel.load(folder).predict(data.val_inputs[:0]).shape == (0, 3)


def test_one_image_is_predicted_as_among_others(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    data = make_data()
    folder, _ = train_and_pack(configure("small_cnn", width=8), data)
    loaded = TrainedModel.load(folder)
    alone = loaded.predict(data.val_inputs[:1])
    np.testing.assert_allclose(alone, loaded.predict(data.val_inputs)[:1], rtol=1e-4, atol=1e-6)


NET = '''
@model("line_net", task="image-classification")
def line_net(task: Task, pretrained: Literal["none", "much"] = "none"):
    """A line."""
    from math import prod
    from torch import nn

    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(prod(task.input_shape), task.num_outputs)
            assert pretrained == "much"

        def forward(self, images):
            return self.line(images.flatten(1))

    return Line()
'''


def test_a_bundle_brings_its_plugin_along(
    train_and_pack: Any,
    configure: Configure,
    make_data: Callable[..., TrainingData],
    write_plugin: Callable[..., Path],
    empty_catalog: Catalog,
    catalog: Catalog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    path = write_plugin(NET)
    source = read_plugin(path)
    load_catalog([source])
    data = make_data()
    folder, metrics = train_and_pack(configure("line_net", pretrained="much"), data, (source,))
    path.unlink()
    empty_catalog.components.clear()  # as in a process that has never seen the plugin
    del sys.modules[source.module]
    gc.collect()
    loaded = TrainedModel.load(folder)
    assert (loaded.predict(data.val_inputs).argmax(1) == data.val_targets).mean() == metrics["val_accuracy"]
    (packed,) = (folder / "plugins").iterdir()
    assert packed.read_text() == source.text

    described = json.loads((folder / "model.json").read_text())
    assert described["provenance"] == {"model.line_net": f"my_plugin.py sha256:{source.sha256[:16]}"}

    packed.write_text(source.text + "# changed since\n")
    with pytest.raises(UserError, match="isn't what the model was trained with"):
        TrainedModel.load(folder)


def test_a_bundle_carries_only_the_plugins_that_it_needs(
    train_and_pack: Any,
    configure: Configure,
    make_data: Callable[..., TrainingData],
    write_plugin: Callable[..., Path],
    shared_catalog: Catalog,
) -> None:
    source = read_plugin(write_plugin(NET))
    folder, _ = train_and_pack(configure("mlp", width=16), make_data(), (source,))
    assert not list((folder / "plugins").iterdir())


def test_another_version_than_the_model_was_trained_with_is_said(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    folder, _ = train_and_pack(configure("mlp", DROPOUT, width=16), make_data())
    described = json.loads((folder / "model.json").read_text())
    described["provenance"] = dict.fromkeys(described["provenance"], "package automl 0.0.1")
    (folder / "model.json").write_text(json.dumps(described))
    with pytest.warns(Notice) as warned:
        TrainedModel.load(folder)
    (said,) = (str(warning.message) for warning in warned)
    assert said == f"The model was trained with package automl 0.0.1; now there is package automl {__version__}."


def test_a_component_that_is_not_installed_any_more_is_named_with_its_package(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    folder, _ = train_and_pack(configure("mlp", width=16), make_data())
    described = json.loads((folder / "model.json").read_text())
    described["provenance"] = {"model.gone_net": "package gone 2.1"}
    (folder / "model.json").write_text(json.dumps(described))
    with pytest.raises(UserError, match=r"needs the model gone_net of package gone 2\.1, which isn't there") as refused:
        TrainedModel.load(folder)
    assert refused.value.hint == "Install gone==2.1, then try again."


def test_a_bundle_holds_no_pickle(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    folder, _ = train_and_pack(configure("mlp", width=16), make_data())
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "model.safetensors", "plugins"]
    described = json.loads((folder / "model.json").read_text())
    assert [part["configuration"]["model"] for part in described["parts"]] == ["mlp"]
    assert described["task"]["class_names"] == ["class0", "class1", "class2"]


def test_no_weights_are_fetched_that_are_about_to_be_replaced() -> None:
    chosen = {"model": "resnet", "model.resnet.pretrained": True, "model.resnet.depth": 18, "training.lr": 0.1}
    assert without_download(chosen) == {**chosen, "model.resnet.pretrained": False}
    assert without_download({"model.other.pretrained": "imagenet"}) == {"model.other.pretrained": "imagenet"}


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"{tmp_path} holds no model of automl"):
        TrainedModel.load(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(UserError, match=r"holds no model of automl"):
        TrainedModel.load(tmp_path)
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(UserError, match=r"holds no model of automl"):
        TrainedModel.load(tmp_path)


def test_a_bundle_without_its_weights_is_refused(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    folder, _ = train_and_pack(configure("mlp", width=16), make_data())
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(UserError, match=r"model\.safetensors can't be read"):
        TrainedModel.load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"model\.safetensors can't be read"):
        TrainedModel.load(folder)


def test_a_bundle_from_before_there_were_parts_is_read(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    data = make_data()
    folder, _ = train_and_pack(configure("mlp", width=16), data)
    expected = TrainedModel.load(folder).predict(data.val_inputs)
    described = json.loads((folder / "model.json").read_text())
    (part,) = described.pop("parts")
    former = described | {"format": 2, "configuration": part["configuration"]}
    (folder / "model.json").write_text(json.dumps(former))
    np.testing.assert_array_equal(TrainedModel.load(folder).predict(data.val_inputs), expected)


def test_a_bundle_of_a_newer_version_is_refused(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    folder, _ = train_and_pack(configure("mlp", width=16), make_data())
    described = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(described | {"format": 99}))
    with pytest.raises(UserError, match=r"has format 99; this version reads up to 5") as refused:
        TrainedModel.load(folder)
    assert "newer" in str(refused.value.hint)


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    layer = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    path = tmp_path / "new" / "best.safetensors"
    write_weights(layer, path)
    found = read_weights(path)
    assert found.keys() == layer.state_dict().keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in layer.state_dict().items())


def test_tied_weights_are_written(tmp_path: Path) -> None:
    layer = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)})
    layer["b"].weight = layer["a"].weight
    write_weights(layer, tmp_path / "best.safetensors")
    layer.load_state_dict(read_weights(tmp_path / "best.safetensors"))


def test_a_write_that_is_cut_short_leaves_the_former_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "best.safetensors"
    write_weights(nn.Linear(2, 2), path)
    before = path.read_bytes()

    def cut_short(tensors: object, temporary: Path) -> None:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_file", cut_short)
    with pytest.raises(KeyboardInterrupt):
        write_weights(nn.Linear(2, 2), path)
    assert path.read_bytes() == before


def test_a_bundle_keeps_calibration_and_threshold(
    train_and_pack: Any, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    data = make_data()
    folder, _ = train_and_pack(configure("mlp", width=16), data)
    plain = TrainedModel.load(folder)
    assert plain.threshold is None and plain.predict(data.val_inputs) is not None
    adjust_bundle(folder, Calibration("temperature", (2.0,)), 0.25)
    model = TrainedModel.load(folder)
    before, after = model.uncalibrated(data.val_inputs), model.predict(data.val_inputs)
    np.testing.assert_array_equal(before, plain.predict(data.val_inputs))
    np.testing.assert_allclose(after, np.sqrt(before) / np.sqrt(before).sum(1, keepdims=True), rtol=1e-5)
    assert model.threshold == 0.25
