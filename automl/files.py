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

_IN_TEXT = re.compile(r"(os error|Errno) (28|122)\b|disk is full", re.IGNORECASE)
"""How libraries say it that have errors of their own: safetensors, MLflow, sqlite."""


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


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, says that a disk or a share of it is used up."""
    if error is None:
        return False
    own = isinstance(error, DiskFull) or getattr(error, "errno", None) in FULL or bool(_IN_TEXT.search(str(error)))
    return own or is_full(error.__cause__)


def readable(size: float) -> str:
    """Bytes for a person: "512 bytes", "1.3 MB", "20 GB"."""
    units = ["TB", "GB", "MB", "KB", "bytes"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop()
    return f"{size:.3g} {units[-1]}"


def _full(folder: Path, size: int) -> str:
    needed = f"{readable(size)} needed, " if size else ""
    return f"the disk of {folder} is full: {needed}{readable(shutil.disk_usage(folder).free)} free"
