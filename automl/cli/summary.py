"""What the terminal shows at the end of a search."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from automl.cli.figures import figures_table, group_lines, group_table, policy_table
from automl.cli.output import console, duration, plain, show_table, table
from automl.search.recording import without_winner
from automl.search.reruns import origin
from automl.tracking import names

if TYPE_CHECKING:
    from automl.api import Outcome

SHOWN = 10


def finish(outcome: Outcome) -> None:
    """Shows a search's outcome and ends the command: 130 where it was interrupted, 1 where it gave no model, or not all
    of it is recorded."""
    import typer

    show(outcome)
    if outcome.result.interrupted:
        raise typer.Exit(130)
    if outcome.best is None or outcome.unrecorded:
        raise typer.Exit(1)


def show(outcome: Outcome) -> None:
    """The best trials, what failed and why, the winner's test, and what to type next."""
    result = outcome.result
    console().print()
    if result.interrupted:
        console().print("[bold]Interrupted: what was done until then stays.[/]")
    _show_trials(outcome)
    _show_front(outcome)
    _show_failures(outcome)
    if outcome.best is None:
        plain(without_winner(result))
    else:
        _show_test(outcome)
    if outcome.unrecorded:
        plain(f"Not all of it is in MLflow, and `automl resume` makes up for it: {outcome.unrecorded}")
    _show_next(outcome)


def _show_trials(outcome: Outcome) -> None:
    metric = outcome.experiment.metric
    measured = [trial for trial in outcome.result.trials if trial.merit]
    shown = sorted(measured, key=lambda trial: (not trial.broken, trial.merit), reverse=True)[:SHOWN]
    if not shown:
        return
    columns = table(
        "trial",
        metric,
        "model and what it is trained with",
        "lr",
        "epoch",
        "time",
        "ended",
        right=("trial", metric, "lr", "time"),
    )
    for trial in shown:
        columns.add_row(
            str(trial.number),
            f"{trial.best[f'val_{metric}']:.4f}",
            names.components(trial.configuration),
            _short(trial.configuration.get("training.lr")),
            f"{trial.best_epoch} of {trial.epoch}",
            duration(trial.seconds),
            trial.reason,
            style="bold green" if trial is outcome.best else None,
        )
    plain(f"Best of {len(outcome.result.trials)} trials by {metric} on validation ({outcome.result.ended_by}):")
    show_table(columns)


def _show_front(outcome: Outcome) -> None:
    front, metric, others = outcome.result.front, outcome.experiment.metric, outcome.experiment.minimize
    if not front:
        return
    columns = table("trial", metric, *others, "model and what it is trained with", right=("trial", metric, *others))
    for trial in front:
        columns.add_row(
            str(trial.number),
            f"{trial.best[f'val_{metric}']:.4f}",
            *(_short(trial.figure(name)) for name in others),
            names.components(trial.configuration),
            style="bold green" if trial is outcome.best else None,
        )
    plain(f"Pareto front, no trial is better in every one of {', '.join((metric, *others))}:")
    show_table(columns)


def _short(value: Any) -> str:
    return "-" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _show_failures(outcome: Outcome) -> None:
    failed = [trial for trial in outcome.result.trials if trial.status == "failed"]
    reasons = Counter(trial.reason for trial in failed)
    if outcome.best is None and len(reasons) == 1 and outcome.result.ended_by.endswith(tuple(reasons)):
        return  # what ended the search, and is said as such
    for reason, count in reasons.most_common(5):
        numbers = ", ".join(str(trial.number) for trial in failed if trial.reason == reason)
        plain(f"{count} failed (trial {numbers}): {reason}")


def _show_test(outcome: Outcome) -> None:
    best = outcome.best
    assert best is not None
    run = outcome.run or best
    _, seed = origin(run.number)
    which = f"{names.components(best.configuration)}{f', seed {seed}' if seed > 1 else ''}"
    plain(f"Winner: trial {best.number}, {which}, on the test split (read once), 95 % intervals in brackets:")
    show_table(figures_table(outcome, run))
    if outcome.policies:
        plain(f"Decisions for {_positive_rule(outcome)}, on the test split:")
        show_table(policy_table(outcome.policies))
    for found in outcome.groups:
        plain(f"Groups by {found.column}, on the test split:")
        show_table(group_table(found))
        for line in group_lines(found):
            plain(line)
    if outcome.coverage:
        if outcome.experiment.rejects:
            plain(f"Out of scope, on the test split: {outcome.coverage}")
        plain(outcome.coverage.line)
    if outcome.confusions:
        plain(f"Most confused: {'; '.join(outcome.confusions)}.")
    for note in outcome.notes:
        plain(note)
    if outcome.registered:
        plain(f"Registered as {outcome.registered}")


def _positive_rule(outcome: Outcome) -> str:
    """What the threshold was chosen for."""
    experiment = outcome.experiment
    if experiment.cost:
        return f"a cost of {experiment.cost['fp']:g} per false alarm and {experiment.cost['fn']:g} per miss"
    return f"a flagged share of {experiment.flag_rate:g}"


def _show_next(outcome: Outcome) -> None:
    from automl.config import home_option

    where = home_option(outcome.home)
    console().print("\n[bold]Next[/]")
    if outcome.result.interrupted or outcome.unrecorded:
        plain(f"  automl resume {outcome.name}{where}")
    plain(f"  automl ui {outcome.name}{home_option(outcome.home, '--out')}")
    if outcome.registered:
        model = outcome.registered.reference
        experiment = outcome.experiment
        new = "rows.csv" if experiment.is_table else "messages.csv" if experiment.is_text else "images"
        plain(f"  automl predict --model {model} path/to/new/{new} --out predictions.csv{where}")
    plain(f"All of it lies in {outcome.home}, this search in searches/{outcome.name}.")
