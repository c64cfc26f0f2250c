"""`automl gc`."""

from pathlib import Path
from typing import Annotated, Optional

import typer


def gc(
    keep_last: Annotated[int, typer.Option(min=0, help="So many of the latest searches stay.")] = 5,
    yes: Annotated[bool, typer.Option("--yes", help="Delete it; without, it is only shown.")] = False,
    home: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
) -> None:
    """Show what earlier searches take, and delete it: their folders, and runs of trials that didn't win."""
    from automl.api.cleaning import find_earlier, remove
    from automl.cli.output import plain, show_table, table
    from automl.config import home_option
    from automl.config.home import find_home
    from automl.files import readable

    found = find_earlier(keep_last=keep_last, home=home)
    if not found:
        plain(f"There are no searches but the latest {keep_last}: nothing to delete.")
        return
    made = table("search", "state", "folder", "runs of losers", right=("folder", "runs of losers"))
    for search in found:
        losers = "stays" if search.stays else str(len(search.runs))
        made.add_row(search.folder.name, search.state, readable(search.size), losers)
    show_table(made)
    plain("Registered versions, winners' runs and the searches' own runs in MLflow stay.")
    where = home_option(find_home(home))
    if not yes:
        plain(f"Nothing was deleted. To delete it: automl gc --keep-last {keep_last} --yes{where}")
        return
    gone, for_good = remove(found, home=home)
    size, runs = sum(search.size for search in gone), sum(len(search.runs) for search in gone)
    trash = "" if for_good else "; the server keeps them in its trash until `mlflow gc` is run there"
    plain(f"Deleted: {len(gone)} searches, {readable(size)}; {runs} runs in MLflow{trash}.")
