"""`automl ui`."""

from pathlib import Path
from typing import Annotated, Optional

import typer


def ui(
    search: Annotated[
        Optional[str], typer.Argument(help="Name of the search to open it on (default: the latest one).")
    ] = None,
    out: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 5000,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
) -> None:
    """Open the MLflow UI on a search's leaderboard."""
    from automl.cli.output import plain
    from automl.config import find_home
    from automl.tracking import open_store
    from automl.tracking.ui import serve_ui

    raise typer.Exit(serve_ui(open_store(find_home(out)), port=port, open_browser=browser, say=plain, search=search))
