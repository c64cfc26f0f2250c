"""`automl predict`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    import pandas as pd


def predict(
    source: Annotated[Path, typer.Argument(help="Folder of images, image, .npz, or a file of rows.")],
    model: Annotated[str, typer.Option(help="NAME, NAME@ALIAS or NAME/VERSION, such as medical_imaging@champion.")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")] = Path("predictions.csv"),
    home: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
    trust_plugins: Annotated[
        bool, typer.Option("--trust-plugins", help="Run plugins that a model of a remote store carries.")
    ] = False,
) -> None:
    """Predict with a registered model: one row per input, in input order."""
    from automl.api import predict_blocks
    from automl.cli.output import plain
    from automl.errors import UserError

    if not out.parent.is_dir():
        raise UserError(f"No such folder for the predictions: {out.parent}.", hint="Choose another file with --out.")
    if out.is_dir():
        raise UserError(f"The predictions need a file, got the folder {out}.", hint="Name a file with --out.")
    count = 0
    for block in predict_blocks(model, source, home=home, trust_plugins=trust_plugins):
        _inert(block).to_csv(out, index=False, header=not count, mode="a" if count else "w")
        count += len(block)
    plain(f"{count} predictions by {model} in {out}.")


def _inert(block: "pd.DataFrame") -> "pd.DataFrame":
    """Texts that a spreadsheet would run as a formula get an apostrophe before them, which makes them texts there, too
    (OWASP, CSV injection). Ids come from the input, whoever wrote it."""
    for name in ("id", "prediction"):
        if name in block and block[name].dtype in (object, "str"):
            texts = block[name].astype("str")
            formula = texts.str.match(r"[=+\-@\t\r]") & ~texts.str.fullmatch(r"[+-]?[\d.]+")
            block[name] = texts.where(~formula, "'" + texts)
    return block
