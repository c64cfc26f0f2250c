"""Finding image files: natural order, litter left out, the rest counted."""

import os
import re
import unicodedata
from collections import Counter
from pathlib import Path

from automl.data.pixels import SUFFIXES
from automl.errors import UserError

LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """A sort key under which "img2" comes before "img10"; the same on every machine, whatever the locale."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", unicodedata.normalize("NFC", text))
    return [(0, int(piece), piece) if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces]


def is_litter(name: str) -> bool:
    """Hidden, or left behind by an operating system."""
    return name.startswith(".") or name.lower() in LITTER


def subfolders(folder: Path) -> list[Path]:
    """In natural order, without litter; links to folders count."""
    try:
        found = [entry for entry in folder.iterdir() if not is_litter(entry.name) and entry.is_dir()]
    except OSError as error:
        raise _unlistable(folder, error) from error
    return sorted(found, key=lambda entry: natural_key(entry.name))


def find_images(folder: Path, ignored: Counter[str]) -> list[Path]:
    """All image files below `folder`, judged by suffix, in natural order of their relative paths.

    Args:
        ignored: Other files are counted in here, by suffix.

    Raises:
        UserError: A folder can't be listed.
    """
    found: list[Path] = []

    def refuse(error: OSError) -> None:  # os.walk would skip the folder in silence.
        raise _unlistable(Path(error.filename or folder), error)

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not is_litter(name)]
        for name in names:
            suffix = Path(name).suffix.lower()
            if is_litter(name):
                continue
            if suffix in SUFFIXES:
                found.append(Path(parent, name))
            else:
                ignored[suffix or "no suffix"] += 1
    return sorted(found, key=lambda path: natural_key(path.relative_to(folder).as_posix()))


def _unlistable(folder: Path, error: OSError) -> UserError:
    return UserError(f"Can't list the folder {folder}: {error.strerror or error}.", hint="Check its permissions.")
