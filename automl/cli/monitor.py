"""`automl monitor`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from automl.monitoring import Findings

SHOWN = 15


def monitor(
    model: Annotated[str, typer.Argument(help="NAME, NAME@ALIAS or NAME/VERSION, such as finance@champion.")],
    data: Annotated[Path, typer.Option(help="New data: whatever `automl predict` reads.")],
    out: Annotated[Optional[Path], typer.Option(help="HTML file to write.")] = None,
    json_file: Annotated[Optional[Path], typer.Option("--json", metavar="FILE", help="JSON file to write.")] = None,
    target: Annotated[
        Optional[str], typer.Option(help="Column of the labels (default: the one that the model was trained for).")
    ] = None,
    home: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
    trust_plugins: Annotated[
        bool, typer.Option("--trust-plugins", help="Run plugins that a model of a remote store carries.")
    ] = False,
) -> None:
    """Compare new data with those that a model was made with; drift ends with exit code 3."""
    from automl.api import monitor_model
    from automl.cli.output import plain
    from automl.errors import UserError
    from automl.monitoring import DRIFT

    for file, option in ((out, "--out"), (json_file, "--json")):
        if file is not None and (file.is_dir() or not file.parent.is_dir()):
            raise UserError(f"Can't write the file {file} ({option}).", hint="Name a file in a folder that is there.")
    found = monitor_model(model, data, out=out, found=json_file, target=target, home=home, trust_plugins=trust_plugins)
    for line in found.lines:
        plain(line)
    _show(found)
    if out is not None:
        plain(f"The report is {out}.")
    if found.drifted:
        raise typer.Exit(DRIFT)


def _show(found: "Findings") -> None:
    from automl.cli.model_tables import with_interval
    from automl.cli.output import plain, show_table, table

    made = table("measure", "of", "distance", "p", "before", "now", right=("distance", "p"))
    shown = found.shifts[: max(SHOWN, len(found.drifted))]
    for shift in shown:
        figures = f"{shift.distance:.3f}", f"{shift.p_value:.2g}"
        style = "red" if shift.drifted else None
        made.add_row(shift.name, shift.kind, *figures, shift.before, shift.now, style=style)
    show_table(made)
    if len(found.shifts) > len(shown):
        plain(f"{len(found.shifts) - len(shown)} more have moved less.")
    if not found.scores:
        return
    made = table("metric", "registered [95 %]", "now [95 %]", right=("registered [95 %]", "now [95 %]"))
    for name, figures_of in found.scores.items():
        made.add_row(name, *(with_interval(figure) if figure else "-" for figure in figures_of))
    show_table(made)
