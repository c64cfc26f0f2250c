"""Data from Python: a path, or a frame that is written to a file first."""

from pathlib import Path
from typing import Any

from automl.config import find_home, prepare_home


def as_path(data: Any, out: str | Path | None) -> str:
    """Where the data lies; a frame is written below the folder of results first.

    Raises:
        UserError: It is neither a path nor a frame, or the folder can't be written.
    """
    if isinstance(data, str | Path):
        return str(data)
    from automl.data.table.frames import write_frame

    home = find_home(out)
    prepare_home(home)
    return str(write_frame(data, home / "frames"))
