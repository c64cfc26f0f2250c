"""A table that tells whose image each file is: `--group patients.csv`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from automl.data.patients import hide
from automl.data.source import count_of
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("file", "patient")
EXAMPLE = "The first lines: file,patient and benign/scan1.png,P07 (paths as below the data folder, or names alone)."


def read_patients(table: Path, files: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
    """Whose image each file is, hidden, by a table with the columns `file` and `patient`; and what is to be said.

    Args:
        table: What `automl.data.read_blocks` reads; further columns are left alone.
        files: All images' paths, relative to the data folder. In the table a name is enough where only one file has it.

    Raises:
        UserError: There is no such table, it lacks a column, it says nothing of a file or contradicts itself.
    """
    named = _read_names(table)
    paths = {file: file for file in files}
    by_name: dict[str, list[str]] = {}
    for file in files:
        by_name.setdefault(PurePosixPath(file).name, []).append(file)
    found: dict[str, tuple[bytes, int]] = {}
    unknown = []
    for row, (name, patient) in enumerate(named, 1):
        own = [paths[name]] if name in paths else by_name.get(name, [])
        if len(own) > 1:
            raise UserError(
                f"Row {row} of {table}: {len(own)} files are called {name}, e.g. {own[0]} and {own[1]}.",
                hint="Give their paths as below the data folder.",
            )
        if not own:
            unknown.append(name)
            continue
        before, first = found.setdefault(own[0], (patient, row))
        if before != patient:
            raise UserError(
                f"{own[0]} has two patients in {table}: rows {first} and {row}.", hint="Keep the row that is right."
            )
    _check_complete(table, [file for file in files if file not in found], unknown)
    more = f"{count_of(len(unknown), 'row')} of {table.name} name no image here, e.g. {unknown[0]}." if unknown else ""
    return {file: patient for file, (patient, _) in found.items()}, [more] * bool(more)


def _read_names(table: Path) -> list[tuple[str, bytes]]:
    """File and hidden patient of each row; a row without a patient says nothing."""
    from automl.data.table.read import read_table
    from automl.data.table.values import as_texts

    if not table.exists():
        raise UserError(
            f"--group of images is a table of files and patients; there is no {table}.",
            hint=f"{EXAMPLE} Relative paths start at {Path.cwd()}.",
        )
    frame = read_table(table)
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise UserError(
            f"{table} needs the columns file and patient. Missing: {', '.join(missing)}. Got: "
            f"{', '.join(map(str, frame.columns[:12]))}.",
            hint=EXAMPLE,
        )
    rows: pd.DataFrame = frame[list(COLUMNS)].apply(as_texts).dropna()
    names = rows["file"].str.replace("\\", "/").str.removeprefix("./")
    return [(name, hide(patient.encode())) for name, patient in zip(names, rows["patient"], strict=True)]


def _check_complete(table: Path, lacking: Sequence[str], unknown: Sequence[str]) -> None:
    if lacking:
        other = f" It names others: {', '.join(unknown[:3])}." if unknown else ""
        raise UserError(
            f"{table} names no patient for {count_of(len(lacking), 'image')}: {', '.join(lacking[:5])}"
            f"{', ...' * (len(lacking) > 5)}.{other}",
            hint=f"Every image needs one, or a split might show a patient on both sides. {EXAMPLE}",
        )
