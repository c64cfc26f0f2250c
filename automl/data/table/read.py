"""Files of tables as frames, block by block: a file may be larger than memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.data.table.delimited import check_names, read_delimited
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

DELIMITED = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
PARQUET = (".parquet", ".pq")
JSON_LINES = (".jsonl", ".ndjson")
SUFFIXES = (*DELIMITED, *PARQUET, *JSON_LINES)
ROWS = 65_536
"""In a block, of files that don't go by bytes."""


def is_table(path: Path) -> bool:
    """By its suffix."""
    return path.name.lower().endswith(SUFFIXES)


def read_table(path: Path) -> pd.DataFrame:
    """All rows of a file.

    Raises:
        UserError: As `read_blocks`.
    """
    import pandas as pd

    blocks = list(read_blocks(path))
    return blocks[0] if len(blocks) == 1 else pd.concat(blocks, ignore_index=True)


def read_blocks(path: Path) -> Iterator[pd.DataFrame]:
    """The rows of a CSV, TSV, Parquet or JSON lines file, some at a time.

    Raises:
        UserError: There is no such file, it is of another kind, or it is damaged.
    """
    if path.is_dir():
        raise UserError(f"A table is a file, got the folder {path}.", hint=f"Files may be {', '.join(SUFFIXES)}.")
    if not path.exists():
        raise UserError(f"There is no {path}.", hint=f"Relative paths start at {Path.cwd()}.")
    name = path.name.lower()
    if name.endswith(DELIMITED):
        return read_delimited(path)
    if name.endswith(PARQUET):
        return _read_parquet(path)
    if name.endswith(JSON_LINES):
        return _read_json_lines(path)
    raise UserError(
        f"A table must be one of {', '.join(SUFFIXES)}. Got {path}.",
        hint="Save a spreadsheet as CSV (in Excel: CSV UTF-8)." if name.endswith((".xls", ".xlsx")) else None,
    )


def _read_parquet(path: Path) -> Iterator[pd.DataFrame]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(path)
        names = tuple(map(str, file.schema_arrow.names))
        check_names(names, path)
        empty = file.schema_arrow.empty_table()
        for batch in file.iter_batches(ROWS) if file.metadata.num_rows else [empty]:
            yield batch.to_pandas(ignore_metadata=True).set_axis(names, axis="columns")
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} can't be read as Parquet: {error}.", hint="Is it complete?") from error


def _read_json_lines(path: Path) -> Iterator[pd.DataFrame]:
    import pandas as pd

    names: dict[str, None] = {}
    with path.open(encoding="utf-8-sig") as lines:
        rows = _json_rows(lines, path)
        while block := list(islice(rows, ROWS)):
            for row in block:
                names.update(dict.fromkeys(row))
            yield pd.DataFrame.from_records(block, columns=list(names))
    if not names:
        raise UserError(f"{path} is empty.", hint='Each line is a row: {"age": 31, "owner": true}.')


def _json_rows(lines: Iterator[str], path: Path) -> Iterator[dict[str, Any]]:
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row = json.loads(line)
            if not isinstance(row, dict):
                raise UserError(
                    f"Line {number} of {path} must be an object with a value for each column. Got {line.strip()[:40]}.",
                    hint='Each line is a row: {"age": 31, "owner": true}.',
                )
            yield {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}
    except json.JSONDecodeError as error:
        raise UserError(f"Line {number} of {path} is no JSON: {error.msg} at column {error.colno}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} must be text in UTF-8; it isn't after line {number}.") from error
