"""A model's graph as a file for others to run: ONNX, the same with weights of 8 bits, or a program of torch."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.data import preparation_to_dict
from automl.errors import UserError

if TYPE_CHECKING:
    from automl.training.trained import TrainedModel

INPUT, OUTPUT = "inputs", "outputs"
BATCH = 256
TOLERANCE = 1e-3
"""Of a probability; a value of a regression may differ by as much of the values' spread."""


def write_onnx(model: TrainedModel, example: np.ndarray, path: Path) -> None:
    """Writes the graph: `inputs` as `graph_inputs` gives them, any number of them, to `outputs`.

    Args:
        example: Two such inputs or more.

    Raises:
        UserError: The extra isn't installed, or the model has no graph, or one that ONNX can't express.
    """
    import torch

    from automl.serving.graph import Graph

    need_onnx()
    graph = Graph(model).eval()
    with _traced("ONNX"):
        torch.onnx.export(
            graph,
            (torch.from_numpy(example[:2]),),
            path,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def write_torch(model: TrainedModel, example: np.ndarray, path: Path) -> None:
    """Writes the graph as a program that `torch.export.load` loads, without automl.

    Raises:
        UserError: The model has no graph.
    """
    import torch

    from automl.serving.graph import Graph

    graph = Graph(model).eval()
    with _traced("torch.export"):
        program = torch.export.export(
            graph, (torch.from_numpy(example[:2]),), dynamic_shapes=({0: torch.export.Dim("batch")},)
        )
        torch.export.save(program, path)


def quantize(path: Path, to: Path) -> None:
    """Weights of 8 bits, activations by what each input needs (ONNX Runtime's dynamic quantization)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet():
        quantize_dynamic(path, to, weight_type=QuantType.QUInt8)


def write_description(model: TrainedModel, path: Path) -> None:
    """What whoever runs the graph must know: the task, how inputs are prepared, the threshold."""
    described = {
        "input": INPUT,
        "output": OUTPUT,
        "task": asdict(model.task),
        "preparation": preparation_to_dict(model.preparation),
        "threshold": model.threshold,
    }
    path.write_text(json.dumps(described, indent=2), encoding="utf-8")


def run_onnx(path: Path, inputs: np.ndarray) -> np.ndarray:
    """Its outputs, float32 (N, outputs).

    Raises:
        UserError: It has become one for so many inputs as it was made with.
    """
    from onnxruntime import InferenceSession

    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    if isinstance(session.get_inputs()[0].shape[0], int):
        raise _inexpressible("ONNX")
    batches = range(0, len(inputs), BATCH)
    return np.concatenate([session.run([OUTPUT], {INPUT: inputs[start : start + BATCH]})[0] for start in batches])


def run_torch(path: Path, inputs: np.ndarray) -> np.ndarray:
    """Its outputs, float32 (N, outputs)."""
    import torch

    program = torch.export.load(path).module()
    with torch.inference_mode():
        batches = range(0, len(inputs), BATCH)
        found = [program(torch.from_numpy(inputs[start : start + BATCH].copy())) for start in batches]
    outputs: np.ndarray = torch.cat(found).numpy()
    return outputs


def check_same(model: TrainedModel, expected: np.ndarray, outputs: np.ndarray) -> float:
    """The largest difference.

    Raises:
        UserError: It is more than rounding.
    """
    difference = float(np.abs(expected - outputs).max(initial=0.0))
    allowed = TOLERANCE if model.task.is_classification else TOLERANCE * max(1e-6, float(expected.std()))
    if not difference <= allowed:
        raise UserError(
            f"What was exported differs from the model by {difference:.2g}, where {allowed:.2g} is rounding.",
            hint="Export it with --format bundle, which is the model itself.",
        )
    return difference


def need_onnx() -> None:
    """Raises UserError where the extra isn't installed."""
    try:
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UserError("ONNX isn't installed.", hint='pip install "automl[export]"') from error


@contextmanager
def _traced(form: str) -> Iterator[None]:
    """Whatever a tracer says of a model that it can't follow becomes a UserError."""
    with _quiet():
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # torch._dynamo.exc.UserError, torch.onnx.OnnxExporterError, and more
            raise _inexpressible(form) from error


def _inexpressible(form: str) -> UserError:
    return UserError(
        f"{form} can't express this model for any number of inputs.",
        hint="Export it with --format bundle, which is the model itself.",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporters tell a user of automl nothing that they could act on."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
