"""Data from Python: a path, or a frame that is written to a file first."""

from pathlib import Path
from typing import Any

from automl.config import find_home, prepare_home


def as_path(data: Any, out: str | Path | None, *, mask_pii: bool = False) -> str:
    """Where the data lies; a frame is written below the folder of results first.

    Args:
        mask_pii: Whether personal data in its texts are masked before.

    Raises:
        UserError: It is neither a path nor a frame, or the folder can't be written.
    """
    if isinstance(data, str | Path):
        return str(data)
    from automl.data.table.frames import as_pandas, write_frame

    home = find_home(out)
    prepare_home(home)
    if mask_pii:
        from automl.data.text.masking import mask_frame

        data = mask_frame(as_pandas(data))
    return str(write_frame(data, home / "frames"))
