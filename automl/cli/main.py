"""The `automl` command. A UserError becomes a clean message and exit code 2."""

import os
import sys
import warnings
from typing import Annotated, Any

import typer

from automl import __version__
from automl.cli import (
    doctor,
    export,
    gc,
    models,
    monitor,
    plugins,
    portfolio,
    predict,
    resume,
    search,
    serve,
    train,
    ui,
)
from automl.cli.output import error_console
from automl.errors import Notice, UserError

INTERRUPTED = 130

app = typer.Typer(
    help="Search model x augmentation x regularizer x training settings; the best model ends in the registry.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(search.search)
app.command()(resume.resume)
app.command()(train.train)
app.command()(predict.predict)
app.command()(serve.serve)
app.command()(export.export)
app.command()(monitor.monitor)
app.command()(ui.ui)
app.command()(doctor.doctor)
app.command()(gc.gc)
app.add_typer(models.app, name="models")
app.add_typer(plugins.app, name="plugins")
app.add_typer(portfolio.app, name="portfolio")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it and exit.")
    ] = False,
) -> None:
    """Options of `automl` itself."""


def main() -> None:
    """Runs a command and ends the process: 0 done, 1 nothing came of it, 2 the user's mistake, 3 drift, 130
    interrupted."""
    warnings.showwarning = _show_warning
    warnings.simplefilter("always", Notice)  # the second time, too
    try:
        code = app(standalone_mode=False) or 0  # what typer.Exit was raised with, Ctrl-C's 130 included
    except UserError as error:
        error_console().print(f"[bold red]Error:[/] {escape(error.message)}")
        if error.hint:
            error_console().print(f"[bold]Next:[/] {escape(error.hint)}")
        code = error.exit_code
    except Exception as error:
        code = _usage(error)
    if code == INTERRUPTED:
        error_console().print("Interrupted.")
    _leave(code)


def _show_warning(message: Warning | str, category: type[Warning], *where: Any, **_: Any) -> None:
    """A notice is a line for the user; other warnings are the libraries', as Python shows them."""
    if issubclass(category, Notice):
        error_console().print(f"[bold]Note:[/] {escape(str(message))}")
    else:
        sys.stderr.write(warnings.formatwarning(message, category, *where[:2]))


def escape(text: str) -> str:
    """Square brackets in a message are no markup."""
    from rich.markup import escape as escape_markup

    return escape_markup(text)


def _usage(error: Exception) -> int:
    """Typer's own complaints (an unknown option, a missing argument); anything else is our bug and raised."""
    show = getattr(error, "show", None)
    if show is None:
        raise error
    show()
    return int(getattr(error, "exit_code", 2))


def _leave(code: int) -> None:
    """Ends at once: Ray may still be starting in its thread, and its processes die with us."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
