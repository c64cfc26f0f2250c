"""Files that are written whole or not at all, and what is said where the disk is full."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl.errors import DiskFull

FULL = (errno.ENOSPC, errno.EDQUOT)

_IN_TEXT = re.compile(r"os error (\d+)")
"""How libraries that aren't written in Python say it."""


@contextmanager
def replacing(path: Path, size: int = 0) -> Iterator[Path]:
    """Gives a temporary path; the file that the block writes there then replaces `path`, in one step.

    Where the block fails, `path` is what it was before, and nothing else stays.

    Args:
        size: Bytes that it takes, about; for the message.

    Raises:
        DiskFull: There is no room for it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if is_full(error) and not isinstance(error, DiskFull):
            raise DiskFull(_full(path.parent, size)) from error
        raise


def is_full(error: BaseException) -> bool:
    """Whether an error says that a disk, or a share of it, is used up."""
    number = getattr(error, "errno", None) or next(map(int, _IN_TEXT.findall(str(error))), None)
    return isinstance(error, DiskFull) or number in FULL


def megabytes(size: float) -> str:
    """Bytes for a person: "1.3 MB", "20,000 MB"."""
    return f"{size / 1e6:,.{0 if size >= 1e8 else 1}f} MB"


def _full(folder: Path, size: int) -> str:
    needed = f"{megabytes(size)} needed, " if size else ""
    return f"the disk of {folder} is full: {needed}{megabytes(shutil.disk_usage(folder).free)} free"
