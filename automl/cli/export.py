"""`automl export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer


class Form(StrEnum):
    """Of what is written."""

    onnx = "onnx"
    torch = "torch"
    bundle = "bundle"


def export(
    model: Annotated[str, typer.Argument(help="NAME, NAME@ALIAS or NAME/VERSION.")],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist, or be empty.")],
    form: Annotated[Form, typer.Option("--format", help="A graph for ONNX or torch, or the model itself.")] = Form.onnx,
    quantize: Annotated[bool, typer.Option("--quantize", help="Of ONNX a second file, its weights of 8 bits.")] = False,
    home: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
    trust_plugins: Annotated[
        bool, typer.Option("--trust-plugins", help="Run plugins that a model of a remote store carries.")
    ] = False,
) -> None:
    """Write a registered model as files that run elsewhere, checked against it on validation."""
    from automl.api.export import export_model
    from automl.cli.output import plain

    export_model(model, out, form.value, quantized=quantize, home=home, trust_plugins=trust_plugins, say=plain)
