"""The files of a table put together: one with all rows, or with a test file beside it, or a folder of three."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.data.split import SPLITS
from automl.data.table.read import SUFFIXES, is_table, read_table
from automl.data.table.target import with_target
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

SPLIT_NAMES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


@dataclass(frozen=True)
class Parts:
    """All rows that have a target.

    Args:
        frame: Raw rows.
        given: Row numbers in `frame` of each split that has a file of its own; all of them under "train" where there
            is only one file.
        ids: Of each row its number in its file, from 1 on.
        notes: What was left out.
    """

    frame: pd.DataFrame
    given: Mapping[str, np.ndarray]
    ids: np.ndarray
    notes: tuple[str, ...]


Choose = Callable[["pd.DataFrame", str], tuple[str, Sequence[str]]]
"""Of a frame and of what it was read from, for messages: the target's name, and the columns to keep."""


def read_parts(
    path: Path,
    test: Path | None,
    choose: Choose,
    allow_corrupt: bool,
    read: Callable[[Path], pd.DataFrame] = read_table,
) -> tuple[Parts, str]:
    """The rows of a file, or of a folder with train, val and test files; and the target's name.

    Args:
        choose: Is given train's rows.

    Raises:
        UserError: A file can't be read, lacks columns that are kept, or has too many rows without a target.
    """
    import pandas as pd

    files = _files(path, test)
    frames: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    ids, of_train = [], set()
    for split, file in files.items():
        frame = read(file)
        if split == "train":
            name, kept = choose(frame, str(file))
            of_train = set(frame.columns)
        frame = _with(kept, of_train, frame, file, notes)
        if not len(frame):
            raise UserError(f"{file} has no rows.", hint="The first row names the columns, the others are the data.")
        labelled, note = with_target(frame, name, str(file), allow_corrupt)
        ids.append(labelled.index.to_numpy() + 1)
        notes += [note] * bool(note)
        frames[split] = labelled
    ends = np.cumsum([len(frame) for frame in frames.values()]).tolist()
    given = {split: np.arange(end - len(frame), end) for (split, frame), end in zip(frames.items(), ends, strict=True)}
    return Parts(pd.concat(frames.values(), ignore_index=True), given, np.concatenate(ids), tuple(notes)), name


def _files(path: Path, test: Path | None) -> dict[str, Path]:
    """The file of each split that has one; train first."""
    if not path.is_dir():
        return {"train": path} | ({"test": test} if test else {})
    found: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        split = SPLIT_NAMES.get(file.name.partition(".")[0].lower())
        if split is None or not is_table(file):
            continue
        if split in found:
            raise UserError(
                f"{path} has two files for {split}: {found[split].name} and {file.name}.", hint="Keep one of them."
            )
        found[split] = file
    if "train" not in found:
        raise UserError(
            f"A folder of tables holds train, val and test files ({', '.join(SUFFIXES)}). "
            f"{path} has {', '.join(file.name for file in found.values()) or 'none'}.",
            hint="Name a file: --data FOLDER/rows.csv.",
        )
    if test:
        found["test"] = test
    return {split: found[split] for split in SPLITS if split in found}


def _with(kept: Sequence[str], of_train: set[str], frame: pd.DataFrame, file: Path, notes: list[str]) -> pd.DataFrame:
    """The frame with the columns that are kept, in their order."""
    missing = [name for name in kept if name not in frame.columns]
    more = [name for name in frame.columns if name not in of_train]
    if missing:
        raise UserError(
            f"{file} lacks {len(missing)} of train's {len(kept)} columns: {', '.join(missing[:5])}"
            f"{', ...' * (len(missing) > 5)}.",
            hint=f"It has others: {', '.join(more[:5])}. Names must agree to the letter." if more else None,
        )
    if more:
        notes.append(f"Not read: {', '.join(more[:5])}{', ...' * (len(more) > 5)} of {file.name}, which train lacks.")
    return frame[list(kept)]
