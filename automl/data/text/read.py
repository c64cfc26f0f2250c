"""Files of messages, labelled or not: tables, a message per line, a folder of text files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from automl.data.table.read import is_table, read_blocks
from automl.data.text.folder import FILE, SUFFIXES, find_texts, read_text
from automl.data.text.messages import messages
from automl.data.text.repair import repaired
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def read_message_blocks(source: Path, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Raw rows, some at a time, with the columns of the message.

    Args:
        source: A CSV, TSV, Parquet or JSON lines file with these columns; a text file with a message per line; a
            folder of text files; or a message itself: words with spaces that are the name of no file.
        columns: Those of the message; one that isn't from a table stands in the first one.

    Raises:
        UserError: There is nothing to read.
    """
    import pandas as pd

    if source.is_dir():
        files = find_texts(source)
        if not files:
            raise UserError(f"No texts in {source}; it must have {', '.join(SUFFIXES)} files.")
        named = {columns[0]: [read_text(file) for file in files]}
        yield _filled(pd.DataFrame(named), columns).assign(**{FILE: [f.relative_to(source).as_posix() for f in files]})
    elif source.suffix.lower() in SUFFIXES and not _has_header(source, columns):
        yield _filled(pd.DataFrame({columns[0]: read_text(source).splitlines()}, dtype="str"), columns)
    elif _is_message(source):
        yield _filled(pd.DataFrame({columns[0]: [str(source)]}, dtype="str"), columns)
    elif not is_table(source) and source.exists():
        raise UserError(
            f"Messages must be a table, a text file or a folder of such. Got {source}.",
            hint=f"Tables are read from CSV, TSV, Parquet and JSON lines; texts from {', '.join(SUFFIXES)}.",
        )
    else:
        with repaired(source) as (path, _):
            yield from read_blocks(path)


def read_messages(source: Path, columns: Sequence[str], *, mask_pii: bool) -> list[tuple[str, str]]:
    """(id, text) of each row of a file, in its order.

    Raises:
        UserError: It can't be read, or a column is missing.
    """
    found: list[tuple[str, str]] = []
    for frame in read_message_blocks(source, columns):
        texts = messages(frame, columns, mask_pii=mask_pii)
        found += [(f"{source.name} {len(found) + place}", text) for place, text in enumerate(texts, 1)]
    return found


def _filled(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """With empty cells in the other columns of the message."""
    return frame.assign(**dict.fromkeys(columns[1:], ""))


def _is_message(source: Path) -> bool:
    try:
        is_there = source.exists()
    except OSError:  # too long for a name
        is_there = False
    return not is_there and " " in str(source) and not is_table(source)


def _has_header(source: Path, columns: Sequence[str]) -> bool:
    """Whether a text file is a table: its first line names all columns."""
    if not source.is_file():
        return False
    with source.open("rb") as file:
        first = file.readline(1 << 16).decode("utf-8-sig", "replace")
    cells = {cell.strip().strip('"') for mark in "\t,;|" for cell in first.split(mark)}
    return (len(cells) > 1 and set(columns) <= cells) or first.strip() in columns
