"""A folder of text files with one folder per class, below train/ val/ test/ or without, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.data.files import is_litter, natural_key, subfolders
from automl.data.folder import SPLIT_NAMES
from automl.data.split import SPLITS
from automl.data.table.parts import Parts
from automl.data.table.read import is_table
from automl.errors import UserError

if TYPE_CHECKING:
    pass

SUFFIXES = (".txt", ".text", ".md", ".eml")
TEXT, LABEL, FILE = "text", "label", "file"
"""Names of the columns."""


def has_classes(path: Path) -> bool:
    """Whether a path is such a folder, not one of tables."""
    if not path.is_dir() or any(
        is_table(f) and f.name.partition(".")[0].lower() in SPLIT_NAMES for f in path.iterdir()
    ):
        return False
    return bool(subfolders(path))


def find_texts(folder: Path) -> list[Path]:
    """All text files below a folder, in natural order."""
    found = [f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file() and not is_litter(f.name)]
    return sorted(found, key=lambda file: natural_key(file.relative_to(folder).as_posix()))


def read_text(file: Path) -> str:
    """A file's text; `messages.BROKEN` stands for what is no UTF-8."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file} can't be read: {error.strerror or error}.", hint="Check its permissions.") from error
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    return content.decode("utf-16" if is_wide else "utf-8-sig", "replace")


def read_classes(root: Path) -> tuple[Parts, str]:
    """The files as rows of text, label and file; and the label's name.

    Raises:
        UserError: There are no text files in class folders.
    """
    splits = _split_folders(root)
    files = {split: _by_class(folder) for split, folder in (splits or {"train": root}).items()}
    files = {split: found for split, found in files.items() if found}
    if "train" not in files:
        raise UserError(
            f"No texts in {root}; it must have {', '.join(SUFFIXES)} files in a folder per class.",
            hint="Arrange them as FOLDER/<class>/<file> or FOLDER/{train,val,test}/<class>/<file>, or give a table.",
        )
    import pandas as pd

    rows = [(read_text(file), label, file.relative_to(root).as_posix()) for f in files.values() for file, label in f]
    ends = np.cumsum([len(found) for found in files.values()]).tolist()
    given = {split: np.arange(end - len(found), end) for (split, found), end in zip(files.items(), ends, strict=True)}
    frame = pd.DataFrame(rows, columns=[TEXT, LABEL, FILE])
    return Parts(frame, given, frame[FILE].to_numpy(object), ()), LABEL


def _split_folders(root: Path) -> Mapping[str, Path]:
    """The folders of train, val, test; empty where the first level is the classes."""
    found = {SPLIT_NAMES[f.name.lower()]: f for f in subfolders(root) if f.name.lower() in SPLIT_NAMES}
    if "train" not in found or not subfolders(found["train"]):
        return {}
    return {split: found[split] for split in SPLITS if split in found}


def _by_class(folder: Path) -> list[tuple[Path, str]]:
    return [(file, of_class.name) for of_class in subfolders(folder) for file in find_texts(of_class)]
