"""The one visible folder that everything is written under."""

import json
import os
from pathlib import Path

from automl.errors import UserError

DEFAULT_HOME = "automl_runs"
FORMAT = 1


def find_home(out: str | Path | None = None) -> Path:
    """`--out`, else `AUTOML_HOME`, else `automl_runs/` here; absolute. Nothing is made yet."""
    return Path(out or os.environ.get("AUTOML_HOME") or DEFAULT_HOME).expanduser().resolve()


def readings_in(home: Path) -> Path:
    """The folder in which is kept what models have read of texts."""
    return home / "cache" / "readings"


def home_option(home: Path, option: str = "--home") -> str:
    """What a command that is to be typed next needs to find the folder: " --home FOLDER", or "" for the default."""
    return "" if home == find_home() else f" {option} {home}"


def prepare_home(home: Path) -> None:
    """Makes the folder, or checks that it can be written and was not made by a newer version.

    Raises:
        UserError: It can't be written, or its format is newer than this version knows or not readable.
    """
    mark = home / "automl.json"
    try:
        home.mkdir(parents=True, exist_ok=True)
        found = _read_format(mark) if mark.exists() else None
        if found is None:
            mark.write_text(json.dumps({"format": FORMAT}))
        elif not os.access(home, os.W_OK):
            raise PermissionError(13, "Permission denied", str(home))
    except OSError as error:
        raise UserError(
            f"The folder {home} can't be written: {error}.", hint="Choose another with --out or AUTOML_HOME."
        ) from error
    if found is not None and found > FORMAT:
        raise UserError(
            f"The folder {home} was made by a newer version of automl (format {found}, this one knows {FORMAT}).",
            hint="Update automl, or choose another folder with --out.",
        )


def _read_format(mark: Path) -> int:
    try:
        found = json.loads(mark.read_bytes())["format"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, int):
        raise UserError(
            f"{mark} is damaged: it must hold a format's number.",
            hint="Choose another folder with --out, or remove the file if the folder is automl's.",
        )
    return found
