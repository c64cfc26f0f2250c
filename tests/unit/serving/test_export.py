"""Graphs give what the model gives."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from automl.components import Catalog, load_catalog, texts_of
from automl.errors import UserError
from automl.evaluation.calibration import Calibration
from automl.serving import export
from automl.serving.export_texts import write_for_texts
from automl.serving.graph import Calibrated, Graph, graph_inputs
from automl.space import compose
from automl.testing import tiny
from automl.training.assembly import assemble
from automl.training.bag import Bag
from automl.training.bundle import Part
from automl.training.trained import TrainedModel

Make = Callable[..., TrainedModel]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def make(catalog: Catalog) -> Make:
    """A model of some parts, its weights as they are drawn."""

    def made(name: str, kind: str, parts: int = 1, members: int = 1) -> TrainedModel:
        task = tiny.usual_task(catalog.get("model", name), kind)
        chosen = compose(catalog, task, {"model": name}).space.default()
        configuration = {key: value for key, value in chosen.items() if not key.startswith(("augm", "regu"))}
        own = Part(Path("nowhere"), configuration, members, 1 / parts)

        def module() -> Any:
            nets = [assemble(catalog, task, configuration).model for _ in range(members)]
            return nets[0] if members == 1 else Bag(nets)

        modules = tuple(module() for _ in range(parts))
        return TrainedModel(task, tiny.training_data(task).preparation, (own,) * parts, modules)

    return made


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("none", ()),
        ("temperature", (1.7,)),
        ("platt", (0.8, -0.3)),
        ("isotonic", (0.0, 0.25, 0.5, 1.0, 0.1, 0.15, 0.7, 1.0)),
    ],
)
def test_calibration_in_a_graph_is_that_of_the_model(kind: Any, numbers: tuple[float, ...]) -> None:
    positive = np.linspace(0, 1, 101, dtype=np.float32)
    probabilities = np.stack([1 - positive, positive], 1)
    calibration = Calibration(kind, numbers)
    found = Calibrated(calibration)(torch.from_numpy(probabilities)).numpy()
    np.testing.assert_allclose(found, calibration.apply(probabilities), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("small_cnn", "image-classification"),
        ("mlp", "image-regression"),
        ("mlp", "table-regression"),
        ("realmlp", "table-classification"),
        ("tabm", "table-classification"),
    ],
)
def test_a_program_of_torch_predicts_what_the_model_predicts(make: Make, tmp_path: Path, name: str, kind: str) -> None:
    model = replace(make(name, kind, parts=2), calibration=Calibration("temperature", (2.0,)))
    model = model if model.task.is_classification else replace(model, calibration=Calibration())
    inputs = tiny.training_data(model.task).train_inputs
    export.write_torch(model, inputs, tmp_path / "model.pt2")
    assert export.check_same(model, model.predict(inputs), export.run_torch(tmp_path / "model.pt2", inputs)) < 1e-5


def test_onnx_predicts_what_the_model_predicts_of_any_number_of_inputs(make: Make, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    model = make("mlp", "table-classification", members=2)
    inputs = tiny.training_data(model.task).train_inputs
    export.write_onnx(model, inputs, tmp_path / "model.onnx")
    for count in (1, 5, 16):
        outputs = export.run_onnx(tmp_path / "model.onnx", inputs[:count])
        assert export.check_same(model, model.predict(inputs[:count]), outputs) < 1e-5
    export.quantize(tmp_path / "model.onnx", tmp_path / "small.onnx")
    assert export.run_onnx(tmp_path / "small.onnx", inputs).shape == (16, 4)


@pytest.mark.parametrize("name", ["text_cnn", "transformer_encoder", "transformer_decoder"])
def test_a_graph_of_texts_takes_what_the_tokenizer_beside_it_makes(
    make: Make, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the code of the README that lies beside both."""
    pytest.importorskip("onnxruntime")
    model = make(name, "text-classification")
    rows = tiny.training_data(model.task).train_inputs
    inputs = graph_inputs(model, rows)
    path = tmp_path / "model.onnx"
    export.write_onnx(model, inputs, path)
    assert export.check_same(model, model.predict(rows), export.run_onnx(path, inputs)) < 1e-5
    tokenizer, usage = write_for_texts(model, path)
    assert tokenizer.exists()
    (code,) = re.findall(r"```python\n(.*?)```", usage.read_text(), re.S)
    texts = [*texts_of(rows)[:3], "", "unheard-of words " * 300]
    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {}
    exec(code.replace('["where is my parcel"]', "given"), {"given": texts}, known)
    np.testing.assert_allclose(known["outputs"], model.predict(texts), atol=1e-5)


def test_what_has_no_graph_is_refused(make: Make) -> None:
    with pytest.raises(UserError, match="logistic_regression is no net"):
        Graph(make("logistic_regression", "table-classification"))
    with pytest.raises(UserError, match="bag_of_ngrams is no net"):
        Graph(make("bag_of_ngrams", "text-classification"))
    own = make("text_cnn", "text-classification")
    own.modules[0].read = lambda texts: texts
    with pytest.raises(UserError, match="in a way of its own"):
        Graph(own)
    with pytest.raises(UserError, match="gives a class for each word, which no graph holds"):
        Graph(make("text_cnn", "token-classification"))


def test_a_net_that_counts_its_inputs_is_refused_and_nothing_is_written(make: Make, tmp_path: Path) -> None:
    model = make("ft_transformer", "table-classification")
    inputs = tiny.training_data(model.task).train_inputs
    with pytest.raises(UserError, match="any number of inputs"):
        export.write_torch(model, inputs, tmp_path / "model.pt2")
    assert not (tmp_path / "model.pt2").exists()


def test_a_file_that_differs_from_the_model_is_refused(make: Make) -> None:
    model = make("mlp", "table-classification")
    right = model.predict(tiny.training_data(model.task).train_inputs)
    with pytest.raises(UserError, match="differs from the model"):
        export.check_same(model, right, right + np.float32(0.01))
    with pytest.raises(UserError):
        export.check_same(model, right, right * np.nan)
