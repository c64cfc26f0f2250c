"""CSV and TSV files, read as texts: what a column is, is decided once for all of its cells, not by a reader's guess."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DELIMITERS = (",", ";", "\t", "|")
SNIFFED_ROWS = 50
SHOWN = 3
"""Wrong lines that a message lists."""
BLOCK = 8 << 20
"""Bytes read at a time; a row fits in them."""
MAX_FIELD = 1 << 30

csv.field_size_limit(MAX_FIELD)


@dataclass(frozen=True)
class Dialect:
    """How a file is written: found in its first bytes."""

    path: Path
    encoding: str
    delimiter: str
    names: tuple[str, ...]


def read_delimited(path: Path) -> Iterator[pd.DataFrame]:
    """The rows in blocks of some megabytes, all columns as texts. At least one frame, maybe without rows.

    Raises:
        UserError: It has no header, is no text in UTF-8 or UTF-16, or rows have other numbers of fields than the
            header; the message names their lines.
    """
    import pyarrow as pa

    dialect = _dialect(path)
    _check_quotes(dialect)
    rows = 0
    try:
        for batch in _batches(dialect):
            rows += batch.num_rows
            yield _as_frame(batch)
    except pa.ArrowInvalid as error:
        raise _explained(dialect, error) from error
    if not rows:
        yield _as_frame(pa.RecordBatch.from_pydict({name: pa.array([], pa.string()) for name in dialect.names}))


def _batches(dialect: Dialect) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import csv as arrow

    names = list(dialect.names)
    with _opened(dialect.path) as file:
        yield from arrow.open_csv(
            file,
            # By the names that were read: a header with a line break in it counts as one row here.
            arrow.ReadOptions(column_names=names, skip_rows_after_names=1, encoding=dialect.encoding, block_size=BLOCK),
            arrow.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=True),
            arrow.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )


def _as_frame(batch: pa.RecordBatch) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    texts = pd.StringDtype(na_value=np.nan)
    frame: pd.DataFrame = batch.to_pandas(types_mapper=lambda dtype: texts if dtype == pa.string() else None)
    return frame


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _dialect(path: Path) -> Dialect:
    with _opened(path) as file:
        start = file.read(1 << 16)
    if not start.strip():
        raise UserError(f"{path} is empty.", hint="The first row names the columns.")
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    if start[:4] == b"PK\x03\x04" or (b"\0" in start and encoding != "utf-16"):
        raise UserError(f"{path} is no text.", hint="Save a spreadsheet as CSV (in Excel: CSV UTF-8).")
    with _text(path, encoding) as lines:
        try:
            head = [line for line, _ in zip(lines, range(SNIFFED_ROWS), strict=False)]
        except UnicodeDecodeError as error:
            raise _not_utf8(path, encoding) from error
    delimiter = "\t" if ".tsv" in path.suffixes else _delimiter(head)
    header = next(csv.reader(head, delimiter=delimiter))
    names = tuple(name.strip() or f"column_{place}" for place, name in enumerate(header, 1))
    check_names(names, path)
    return Dialect(path, "utf-8" if encoding == "utf-8-sig" else encoding, delimiter, names)


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_opened(path), encoding, newline="")


def _delimiter(head: list[str]) -> str:
    """The one that parts the most rows into as many fields as the header, two at least; a comma where none does."""

    def fit(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=delimiter) if row]
        return (widths.count(widths[0]), widths[0]) if widths[0] > 1 else (0, 0)

    return max(DELIMITERS, key=fit)


def check_names(names: tuple[str, ...], path: Path | str) -> None:
    """Raises UserError where two columns have one name."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(
            f"Each column needs a name of its own. Twice or more in {path}: {', '.join(twice[:5])}"
            f"{', ...' * (len(twice) > 5)}.",
            hint="Rename or remove one of them.",
        )


def _check_quotes(dialect: Dialect) -> None:
    """A quote that is never closed makes one cell of the rest of the file: that must not pass for data."""
    with _opened(dialect.path) as file:
        count = sum(block.count(b'"') for block in iter(lambda: file.read(BLOCK), b""))
    if count % 2:
        list(_wrong_lines(dialect, SHOWN))  # raises where the quote is at the beginning of a field


def _wrong_lines(dialect: Dialect, limit: int) -> Iterator[str]:
    """Where rows have another number of fields than the header, read again slowly.

    Raises:
        UserError: A quote isn't closed.
    """
    wanted = len(dialect.names)
    with _text(dialect.path, "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding) as lines:
        reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
        first = 1
        try:
            for row in reader:
                if row and len(row) != wanted:
                    many = f" to {reader.line_num}, as a quote opens in it," if reader.line_num > first else ""
                    yield f"line {first}{many} has {len(row)}"
                    limit -= 1
                if not limit:
                    return
                first = reader.line_num + 1
        except csv.Error as error:
            raise UserError(
                f"The quotes in line {first} of {dialect.path} can't be understood: {error}.",
                hint='A field in quotes ends with a quote before the next delimiter; a quote within it is doubled: "".',
            ) from error


def _explained(dialect: Dialect, error: Exception) -> UserError:
    if "UTF" in str(error):
        return _not_utf8(dialect.path, dialect.encoding)
    wrong = list(_wrong_lines(dialect, SHOWN))
    if not wrong:
        return UserError(f"{dialect.path} can't be read: {error}.", hint="Is it a CSV file, and complete?")
    return UserError(
        f"Each row of {dialect.path} needs as many fields as the header, {len(dialect.names)}: {', '.join(wrong)}.",
        hint=f"Put a field that holds a {dialect.delimiter!r} in quotes, and complete or remove broken lines.",
    )


def _not_utf8(path: Path, encoding: str) -> UserError:
    """Which line it is: the encoding can't be told for sure, and a wrong one would garble names without a word."""
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                place = f"line {number}, byte {error.start + 1}: 0x{line[error.start]:02x}"
                break
        else:
            place = "its end"
    return UserError(
        f"{path} must be text in UTF-8 or UTF-16; it isn't in {place}.",
        hint=f"Save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8 {path} > utf8.csv (WINDOWS-1252 is what "
        "most spreadsheets in the West write).",
    )
