"""Frames of pandas, polars and others, as a user hands them over from Python."""

from __future__ import annotations

import os
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.data.table.delimited import check_names
from automl.data.table.values import as_texts
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def as_pandas(frame: Any) -> pd.DataFrame:
    """The same rows as pandas has them, columns named by texts.

    Args:
        frame: Whatever others can read as a table (Arrow's PyCapsule interface).

    Raises:
        UserError: It is no frame, or two columns have one name.
    """
    import pandas as pd
    import pyarrow as pa

    if not hasattr(frame, "__arrow_c_stream__"):
        raise UserError(f"Data must be a path, or a pandas or polars frame. Got a {type(frame).__name__}.")
    if not isinstance(frame, pd.DataFrame):
        frame = pa.table(frame).to_pandas()
    names = tuple(map(str, frame.columns))
    check_names(names, "the frame")
    named: pd.DataFrame = frame.set_axis(names, axis="columns")
    return named


def write_frame(frame: Any, folder: Path) -> Path:
    """A Parquet file of the rows in `folder`, named by its content: a search must find them again when it is resumed.

    Raises:
        UserError: As `as_pandas`.
    """
    import pyarrow as pa
    from pyarrow import parquet

    rows = as_pandas(frame)
    try:
        table = pa.Table.from_pandas(rows, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # cells of several types in one column
        mixed = {name: as_texts(rows[name]) for name in rows if rows[name].dtype == object}
        table = pa.Table.from_pandas(rows.assign(**mixed), preserve_index=False)
    folder.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=folder, suffix=".tmp")
    os.close(handle)
    parquet.write_table(table, partial)
    digest = blake2b(Path(partial).read_bytes(), digest_size=4).hexdigest()
    path = folder / f"frame-{digest}.parquet"
    os.replace(partial, path)
    return path
