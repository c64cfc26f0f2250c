"""Predictions of a registered model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from automl.config import find_home
from automl.tracking import open_store

if TYPE_CHECKING:
    import pandas as pd


def predict(
    reference: str,
    source: str | Path,
    *,
    top: int | None = None,
    explain: str | Path | None = None,
    home: str | Path | None = None,
    trust_plugins: bool = False,
) -> pd.DataFrame:
    """Predictions of a registered model: `id`, `prediction` and `p_<class>`, a row per input in input order.

    Args:
        reference: `NAME`, `NAME@ALIAS` or `NAME/VERSION`.
        source: Folder of images, one image, or an .npz file; of a model on tables a CSV, TSV, Parquet or JSON lines
            file of raw rows; of a model on texts such a file, a text file with a message per line, a folder of text
            files, or a message.
        top: Of a classification, how many of the likeliest classes are named, in place of all.
        explain: A folder, which heat maps of images are written into: then the column `explanation` says what moved
            each prediction. None: nothing does.
        home: The folder that searches wrote to; None: `AUTOML_HOME`, else `automl_runs/`.
        trust_plugins: Whether to run plugins that a model of a remote store carries.

    Raises:
        UserError: There is no such model, it carries plugins that aren't trusted, or an input can't be read.
    """
    import pandas as pd

    blocks = predict_blocks(reference, source, top=top, explain=explain, home=home, trust_plugins=trust_plugins)
    return pd.concat(blocks, ignore_index=True)


def predict_blocks(
    reference: str,
    source: str | Path,
    *,
    top: int | None = None,
    explain: str | Path | None = None,
    home: str | Path | None = None,
    trust_plugins: bool = False,
) -> Iterator[pd.DataFrame]:
    """As `predict`, some rows at a time: there may be more of them than memory holds."""
    from automl.registry import find_model
    from automl.serving import predict_blocks as blocks_of

    bundle = find_model(open_store(find_home(home)), reference, trust_plugins=trust_plugins)
    yield from blocks_of(bundle, Path(source), top=top, explain=None if explain is None else Path(explain))
