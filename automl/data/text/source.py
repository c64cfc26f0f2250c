"""All rows of the data that have a message and a label, with what was done to them on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.data.table.parts import Parts, read_parts
from automl.data.table.read import read_table
from automl.data.table.target import check_column
from automl.data.text.columns import Columns, find_columns
from automl.data.text.folder import FILE, TEXT, has_classes, read_classes
from automl.data.text.labels import united
from automl.data.text.messages import CONTROL, joined, messages
from automl.data.text.options import TextOptions
from automl.data.text.repair import repaired
from automl.data.text.rows import MOST_BYTES
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

MOST_EMPTY = 0.05


@dataclass(frozen=True)
class Source:
    """What was read.

    Args:
        parts: Rows that have both.
        columns: Which of their columns are what.
        texts: Their messages, in their order.
    """

    parts: Parts
    columns: Columns
    texts: tuple[str, ...]


def read_source(path: Path, options: TextOptions, allow_corrupt: bool) -> Source:
    """The rows of a table, of train, val and test tables, or of a folder of texts.

    Raises:
        UserError: They can't be read, nothing tells which columns are meant, or too many have no message or label.
    """
    parts, columns, broken = _classes(path, options) if has_classes(path) else _tables(path, options, allow_corrupt)
    labels, spelled = united(parts.frame[columns.target])
    parts = replace(parts, frame=parts.frame.assign(**{columns.target: labels}))
    texts = messages(parts.frame, columns.text, mask_pii=options.mask_pii)
    notes = [spelled, *broken, *_notes(parts.frame, columns, texts, options.mask_pii)]
    parts, texts, empty = _without_empty(parts, texts, path, allow_corrupt)
    return Source(replace(parts, notes=(*parts.notes, *filter(None, (*notes, empty)))), columns, tuple(texts))


def _tables(path: Path, options: TextOptions, allow_corrupt: bool) -> tuple[Parts, Columns, list[str]]:
    broken: list[str] = []
    found: list[Columns] = []

    def read(file: Path) -> pd.DataFrame:
        with repaired(file) as (readable, count):
            if count:
                broken.append(f"{count:,} lines of {file.name} had bytes that are no UTF-8, or null bytes: left out.")
            return read_table(readable)

    def choose(frame: pd.DataFrame, given: str) -> tuple[str, list[str]]:
        for name, option in ((options.group, "--group"), (options.time_column, "--time-column")):
            if name is not None:
                check_column(frame, name, option)
        free = [name for name in frame.columns if name not in options.others]
        columns = find_columns(frame[free], options.text, options.target, given)
        found.append(columns)
        named = [columns.identifier] if columns.identifier else []
        return columns.target, list(dict.fromkeys([*columns.text, columns.target, *named, *options.others]))

    test = None if options.test is None else Path(options.test).expanduser()
    parts, _ = read_parts(path, test, choose, allow_corrupt, read)
    return parts, found[0], broken


def _classes(path: Path, options: TextOptions) -> tuple[Parts, Columns, list[str]]:
    """A folder per class has no columns to name."""
    given = {"--text": options.text, "--target": options.target, "--test": options.test}
    given |= {"--group": options.group, "--time-column": options.time_column}
    for flag in (flag for flag, value in given.items() if value):
        raise UserError(
            f"{flag} is for tables; {path} is a folder of texts with a folder per class.",
            hint=f"Leave out {flag}; texts to test on stand in {path}/test/<class>/.",
        )
    parts, target = read_classes(path)
    return parts, Columns((TEXT,), target, FILE, ""), []


def _notes(frame: pd.DataFrame, columns: Columns, texts: Sequence[str], mask_pii: bool) -> list[str]:
    notes = []
    if control := sum(bool(CONTROL.search(text)) for text in joined(frame, columns.text)):
        notes.append(f"{control:,} messages had control or broken characters: spaces are in their place.")
    sizes = [len(text.encode()) for text in texts]
    if cut := sum(size > MOST_BYTES for size in sizes):
        notes.append(
            f"{cut:,} messages are longer than {MOST_BYTES:,} bytes (up to {max(sizes):,}) and were cut there."
        )
    if mask_pii:
        from automl.data.text.masking import count_masked

        notes.append(f"Personal data (e-mail, phone, card, IBAN) are masked in {count_masked(texts):,} messages.")
    return notes


def _without_empty(parts: Parts, texts: Sequence[str], path: Path, allow_corrupt: bool) -> tuple[Parts, list[str], str]:
    """The rows that have a message, and a note on the others.

    Raises:
        UserError: They are all, or more than an honest result allows.
    """
    kept = np.array([bool(text) for text in texts])
    count = int((~kept).sum())
    if not count:
        return parts, list(texts), ""
    first = parts.ids[np.flatnonzero(~kept)[0]]
    what = f"{count:,} of {len(texts):,} messages of {path} are empty"
    left = [split for split, rows in parts.given.items() if not kept[rows].any()]
    if left or (count > MOST_EMPTY * len(texts) and not allow_corrupt):
        raise UserError(
            f"{what}; up to {MOST_EMPTY:.0%} are left out. The first is row {first}.",
            hint="Choose another column with --text, remove these rows, or add --allow-corrupt to go on without them."
            if not left
            else "Choose another column with --text.",
        )
    place = np.cumsum(kept) - 1
    given = {split: place[rows[kept[rows]]] for split, rows in parts.given.items()}
    frame = parts.frame[kept].reset_index(drop=True)
    rest = Parts(frame, given, parts.ids[kept], parts.notes)
    return rest, [text for text in texts if text], f"{what} and were left out, the first in row {first}."
