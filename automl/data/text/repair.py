"""Files with bytes that are no text: a few broken messages among thousands mustn't cost the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from automl.data.table.read import DELIMITED, JSON_LINES

MOST_BROKEN = 0.05
"""Of the lines: more are a file of another encoding, which would be garbled without a word."""


@contextmanager
def repaired(path: Path) -> Iterator[tuple[Path, int]]:
    """The file, or where lines of it are no UTF-8 or have null bytes, a copy without these; and how many lines those
    are. A copy is deleted at the end."""
    broken = _broken(path) if path.is_file() and path.name.lower().endswith((*DELIMITED, *JSON_LINES)) else 0
    if not broken:
        yield path, 0
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        with path.open("rb") as lines, copy.open("wb") as out:
            out.writelines(line.replace(b"\0", b"").decode(errors="replace").encode() for line in lines)
        yield copy, broken


def _broken(path: Path) -> int:
    """How many lines are; 0 where they are too many, or where the file isn't meant to be UTF-8."""
    broken = lines = 0
    with path.open("rb") as file:
        if path.suffix.lower() == ".gz" or file.read(4).startswith((b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04")):
            return 0
        file.seek(0)
        for line in file:
            lines += 1
            try:
                broken += b"\0" in line
                line.decode()
            except UnicodeDecodeError:
                broken += b"\0" not in line
    return broken if broken <= max(1, MOST_BROKEN * lines) else 0
