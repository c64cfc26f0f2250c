"""`automl plugins`."""

from fnmatch import fnmatch
from typing import Annotated, Optional

import typer

app = typer.Typer(help="The components that are searched.", no_args_is_help=True)


@app.command("list")
def list_(
    pattern: Annotated[str, typer.Argument(help='Names to show, such as "*net*".')] = "*",
    kind: Annotated[Optional[str], typer.Option(help="model, augmentation or regularizer.")] = None,
    task: Annotated[Optional[str], typer.Option(help="Only what is for this kind of task.")] = None,
    plugin: Annotated[Optional[list[str]], typer.Option(help="File with more components; repeatable.")] = None,
) -> None:
    """List models, augmentations and regularizers, and plugins that could not be loaded."""
    from automl.cli.output import plain, show_table, table
    from automl.components import KINDS, TASK_KINDS, load_catalog, read_plugin
    from automl.errors import unknown

    if kind is not None and kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    if task is not None and task not in TASK_KINDS:
        raise unknown("task", task, TASK_KINDS)
    catalog = load_catalog([read_plugin(path) for path in plugin or ()])
    shown = table("kind", "name", "what it does", "parameters", "from")
    for component in (c for k in KINDS if kind in (None, k) for c in catalog.of_kind(k)):
        if fnmatch(component.name, pattern) and (task is None or task in component.tasks):
            parameters = ", ".join(parameter.name for parameter in component.parameters)
            shown.add_row(component.kind, component.name, component.summary, parameters, component.origin)
    if shown.row_count:
        show_table(shown)
    else:
        plain(f"No component is called {pattern}." if pattern != "*" else "No component fits.")
    for origin, cause in catalog.broken.items():
        plain(f"Could not be loaded: {origin}: {cause}")
