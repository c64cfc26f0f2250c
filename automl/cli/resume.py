"""`automl resume`."""

from pathlib import Path
from typing import Annotated, Optional

import typer


def resume(
    search: Annotated[
        Optional[str], typer.Argument(help="Name of the search; none: the latest that hasn't ended.")
    ] = None,
    home: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
) -> None:
    """Go on with a search where it was broken off: by Ctrl-C, a crash, a reboot, a full disk."""
    go_on(search, home=home)


def go_on(
    search: str | None, *, home: Path | None, trials: int | None = None, time_budget: float | None = None
) -> None:
    """Resumes a search, with more budget where some is given, and shows what it came to."""
    from automl.api import resume_search
    from automl.cli.output import plain
    from automl.cli.progress import Progress
    from automl.cli.summary import finish
    from automl.config import find_home
    from automl.search.notes import find_search

    experiment = find_search(find_home(home), search).experiment
    with Progress(experiment) as progress:
        outcome = resume_search(
            search, home=home, trials=trials, time_budget=time_budget, say=plain, watchers=[progress]
        )
    finish(outcome)
