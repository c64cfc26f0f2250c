"""A registered model as files that run elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from automl.api.loading import load_data
from automl.config import find_home
from automl.data import TextPreparation
from automl.data.text.rows import rows_of
from automl.errors import UserError
from automl.search.past import past_search
from automl.tracking import Store, names, open_store

if TYPE_CHECKING:
    from automl.training.trained import TrainedModel

Format = Literal["onnx", "torch", "bundle"]
Say = Callable[[str], None]

MADE_UP = 64
"""Inputs that are checked where the search's data are gone."""
ROWS = 2048
"""Of validation; more tell nothing more about rounding."""


@dataclass(frozen=True)
class _Validation:
    """What an export is checked on; no targets where it is made up."""

    inputs: np.ndarray
    targets: np.ndarray | None
    metric: str = ""


def export_model(
    reference: str,
    out: str | Path,
    form: Format,
    *,
    quantized: bool = False,
    home: str | Path | None = None,
    trust_plugins: bool = False,
    say: Say = print,
) -> list[Path]:
    """Writes a registered model into the folder `out`, which must not exist or be empty; the files that it wrote.

    `onnx` and `torch` are graphs from prepared inputs to predictions, beside a `model.json` that says how inputs are
    prepared; both are checked against the model on validation. `bundle` is the model itself, for `automl serve FOLDER`.

    Args:
        reference: NAME, NAME@ALIAS or NAME/VERSION.
        quantized: Of ONNX a second file with weights of 8 bits, whose loss of quality is told.
        home, trust_plugins: See `automl.predict`.

    Raises:
        UserError: There is no such model, `out` has files, or the model can't be written in this form.
    """
    from automl.registry import find_model

    store, folder = open_store(find_home(home)), Path(out).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} isn't an empty folder.", hint="Name another one with --out.")
    if quantized and form != "onnx":
        raise UserError(f"Only ONNX is quantized. Got --format {form}.", hint="Add --format onnx.")
    bundle = find_model(store, reference, trust_plugins=trust_plugins)
    if form == "bundle":
        shutil.copytree(bundle, folder, dirs_exist_ok=True)
        say(f"The model itself is in {folder}: automl serve {folder}")
        return sorted(path for path in folder.rglob("*") if path.is_file())
    return _write_graph(store, reference, bundle, folder, form, quantized, say)


def _write_graph(
    store: Store, reference: str, bundle: Path, folder: Path, form: Format, quantized: bool, say: Say
) -> list[Path]:
    from automl.serving import export
    from automl.serving.export_texts import write_for_texts
    from automl.serving.graph import graph_inputs
    from automl.training.trained import TrainedModel

    model = TrainedModel.load(bundle)
    validation = _validation(store, reference, model, say)
    write, run, path = {
        "onnx": (export.write_onnx, export.run_onnx, folder / "model.onnx"),
        "torch": (export.write_torch, export.run_torch, folder / "model.pt2"),
    }[form]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        inputs = graph_inputs(model, validation.inputs)
        write(model, inputs, path)
        expected = model.predict(validation.inputs)
        difference = export.check_same(model, expected, run(path, inputs))
    except UserError:
        path.unlink(missing_ok=True)
        raise
    export.write_description(model, folder / "model.json")
    say(f"{path}: on {len(validation.inputs):,} inputs it differs from the model by {difference:.1e} at most.")
    files = [path, folder / "model.json", *write_for_texts(model, path)]
    if quantized:
        files.insert(1, folder / "model.int8.onnx")
        export.quantize(path, files[1])
        say(_loss(model, validation, expected, run(files[1], inputs), path, files[1]))
    return files


def _loss(
    model: TrainedModel, validation: _Validation, expected: np.ndarray, outputs: np.ndarray, path: Path, small: Path
) -> str:
    """What quantization has cost, in a sentence."""
    from automl.evaluation import METRICS

    sizes = f"{small}: {small.stat().st_size / 1e6:.2f} MB instead of {path.stat().st_size / 1e6:.2f} MB"
    moved = f"it differs from the model by {float(np.abs(expected - outputs).max()):.2g} at most"
    if model.task.is_classification:
        same = float((expected.argmax(1) == outputs.argmax(1)).mean())
        moved += f", and names the same class for {same:.1%} of {len(expected):,} inputs"
    if validation.targets is None:
        return f"{sizes}; {moved}."
    metric = METRICS[validation.metric]
    was, now = (metric.compute(values, validation.targets) for values in (expected, outputs))
    return f"{sizes}; on validation {metric.name} {was:.4f} becomes {now:.4f}; {moved}."


def _validation(store: Store, reference: str, model: TrainedModel, say: Say) -> _Validation:
    """Validation of the search that the model came from, where its data are as they were."""
    from automl.registry import find_version

    client = store.client()
    run = client.get_run(find_version(store, reference).run_id)
    try:
        notes = past_search(store.home, run.data.tags.get(names.SEARCH_NAME, "none"))
        data = load_data(notes.experiment, store.home)
        if data.digest == notes.digest:
            return _Validation(data.val.inputs[:ROWS], data.val.targets[:ROWS], notes.experiment.metric)
    except UserError:
        pass
    say(f"The data of the search aren't here any more; what is written is checked on {MADE_UP} made-up inputs.")
    generator = np.random.default_rng(0)
    shape = (MADE_UP, *model.task.input_shape)
    if model.task.is_table:
        codes = [generator.integers(0, size, MADE_UP) for size in model.task.category_sizes]
        numbers = generator.normal(size=(MADE_UP, model.task.num_numeric))
        return _Validation(np.column_stack([numbers, *codes]).astype(np.float32), None)
    if isinstance(model.preparation, TextPreparation):
        tokens = sorted(model.preparation.vocabulary)
        return _Validation(rows_of([" ".join(generator.choice(tokens, 12)) for _ in range(MADE_UP)]), None)
    return _Validation(generator.integers(0, 256, shape, dtype=np.uint8), None)
