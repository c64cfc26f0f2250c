"""`automl models`."""

from pathlib import Path
from typing import Annotated, Optional

import typer

app = typer.Typer(help="Registered models: their versions, and which one is champion.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of a registered model, such as finance.")]
Target = Annotated[
    Optional[str], typer.Option(help="Column of the labels (default: the one that the model was trained for).")
]
Trust = Annotated[bool, typer.Option("--trust-plugins", help="Run plugins that a model of a remote store carries.")]
Home = Annotated[Optional[Path], typer.Option("--home", help="Folder of results (default: automl_runs).")]


@app.command("list")
def list_(home: Home = None) -> None:
    """List registered models with their champions."""
    from automl.cli.model_tables import show_models
    from automl.config import find_home
    from automl.tracking import open_store

    show_models(open_store(find_home(home)))


@app.command()
def show(
    reference: Annotated[str, typer.Argument(metavar="MODEL", help="NAME, or one version: NAME@ALIAS, NAME/VERSION.")],
    home: Home = None,
) -> None:
    """Show a model's versions: figures on test, gate, who, when, from which search; or the card of one version."""
    from automl.cli.model_tables import show_card, show_versions
    from automl.config import find_home
    from automl.tracking import open_store

    one = "@" in reference or "/" in reference
    (show_card if one else show_versions)(open_store(find_home(home)), reference)


@app.command()
def compare(
    one: Annotated[str, typer.Argument(help="NAME@ALIAS or NAME/VERSION, such as finance@champion.")],
    other: Annotated[str, typer.Argument(help="Another one, such as finance@challenger.")],
    data: Annotated[Path, typer.Option(help="Labelled data: rows, or a folder of images with a folder per class.")],
    target: Target = None,
    trust_plugins: Trust = False,
    home: Home = None,
) -> None:
    """Compare two models on the same labelled data: metrics side by side, and their difference, with intervals."""
    from automl.api import compare_models
    from automl.cli.model_tables import show_comparison

    show_comparison(compare_models(one, other, data, target=target, home=home, trust_plugins=trust_plugins))


@app.command()
def promote(
    name: Name,
    version: Annotated[int, typer.Argument(help="Number of the version.")],
    force: Annotated[bool, typer.Option("--force", help="Make it champion even where it doesn't pass.")] = False,
    reason: Annotated[str, typer.Option(help="Why; kept in the history. Needed with --force.")] = "",
    data: Annotated[
        Optional[Path], typer.Option(help="Labelled data to compare it with the champion on (default: the test rows).")
    ] = None,
    target: Target = None,
    trust_plugins: Trust = False,
    home: Home = None,
) -> None:
    """Make a version champion where it passes the gate; a refusal ends with exit code 1."""
    from automl.api import measure_on
    from automl.cli.model_tables import show_checks
    from automl.cli.output import plain
    from automl.config import find_home, home_option
    from automl.registry import promote as promote_version
    from automl.tracking import open_store

    folder = find_home(home)
    store = open_store(folder)
    measure = measure_on(store, name, data, target, trust_plugins=trust_plugins) if data else None
    decision, checks = promote_version(store, name, str(version), force=force, reason=reason, measure=measure)
    show_checks(checks)
    if decision.action == "refused":
        plain(f"Refused: {name} version {version} is not champion. {decision.reason}")
        again = f"automl models promote {name} {version} --force --reason WHY{home_option(folder)}"
        plain(f"To promote it all the same: {again}")
        raise typer.Exit(1)
    before = f"; version {decision.before} was it before" if decision.before else ""
    plain(f"{decision.action.capitalize()}: {name} version {version} is champion{before}. {decision.reason}")
    if decision.before:
        plain(f"To undo it: automl models rollback {name}{home_option(folder)}")


@app.command()
def rollback(
    name: Name, reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "", home: Home = None
) -> None:
    """Make the version champion again that was it before the present one."""
    from automl.cli.output import plain
    from automl.config import find_home
    from automl.registry import rollback as roll_back
    from automl.tracking import open_store

    decision = roll_back(open_store(find_home(home)), name, reason=reason)
    plain(f"Rolled back: {name} version {decision.version} is champion; version {decision.before} was it before.")


@app.command()
def history(name: Name, home: Home = None) -> None:
    """Show who promoted, forced, refused or rolled back what, when and why."""
    from automl.cli.model_tables import show_history
    from automl.config import find_home
    from automl.tracking import open_store

    show_history(open_store(find_home(home)), name)
