"""`automl train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from automl.api.training import Trained
    from automl.training.epochs import EpochResult


def train(
    search: Annotated[str, typer.Argument(help="Name of the search; last: the latest one.")],
    trial: Annotated[Optional[int], typer.Argument(help="Number of the trial; none: the winner.")] = None,
    data: Annotated[Optional[str], typer.Option(help="Train on other data (default: the search's).")] = None,
    seed: Annotated[Optional[int], typer.Option(min=0, help="Train as with another seed of the search.")] = None,
    home: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
) -> None:
    """Train a trial of a search again, from scratch, its whole schedule if it had one; register the model."""
    from automl.api import train_trial
    from automl.cli.output import plain
    from automl.errors import TrialError

    try:
        trained = train_trial(search, trial, data=data, seed=seed, home=home, say=plain, watch=_show_epoch)
    except TrialError as error:
        plain(f"The trial has failed: {error}.")
        raise typer.Exit(1) from error
    _show(trained)


def _show_epoch(result: EpochResult, metric: str) -> None:
    from automl.cli.output import plain

    value = f"{metric} {result.metrics[f'val_{metric}']:.4f}"
    plain(f"epoch {result.epoch:>3}  {value}" + ("  best so far" if result.is_best else ""))


def _show(trained: Trained) -> None:
    from automl.cli.output import console, plain, show_table, table
    from automl.config import home_option

    columns = table("metric", "validation", "test", "trivial baseline, test", right=("validation", "test"))
    figures = trained.figures
    for name in sorted(figures.test, key=lambda name: name != trained.metric):
        row = (figures.validation[name], figures.test[name], figures.baseline[name])
        columns.add_row(name, *(f"{figure:.4f}" for figure in row))
    plain(f"\nTrial {trained.trial.number} as after epoch {figures.best_epoch}, its best on validation:")
    show_table(columns)
    for note in figures.notes:
        plain(note)
    model, where = trained.registered, home_option(trained.home)
    plain(f"Registered as {model}")
    console().print("\n[bold]Next[/]")
    plain(f"  automl predict --model {model.name}/{model.version} path/to/new/data --out predictions.csv{where}")
    plain(f"The model lies in {trained.bundle}.")
