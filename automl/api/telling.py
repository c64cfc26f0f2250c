"""What a search came to, told where people look: on its page in MLflow, in its report, in its leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automl.api.final_test import FinalTest
from automl.config import home_option
from automl.report import write_leaderboard, write_report
from automl.search.notes import command_of
from automl.search.recording import told, without_winner
from automl.search.runner import Plan, SearchResult
from automl.tracking import Store, Tracker
from automl.tracking.markdown import escape
from automl.tracking.views import model_url

if TYPE_CHECKING:
    from automl.registry import Registered
    from automl.report.html import Cell

REPORT = "report.html"
LEADERBOARD = "leaderboard.csv"


def tell(
    plan: Plan,
    store: Store,
    tracker: Tracker,
    result: SearchResult,
    tested: FinalTest | None = None,
    registered: Registered | None = None,
) -> None:
    """Writes report and leaderboard into the search's folder and to MLflow, and the note on the search's page."""
    paragraphs = summary(plan, result, tested)
    after = [f"Registered as {registered}"] if registered else []
    write_leaderboard(plan.folder / LEADERBOARD, result.trials)
    write_report(
        plan.folder / REPORT,
        plan,
        result.trials,
        result.best,
        paragraphs=[*paragraphs, *after],
        table=_figures(tested) if tested else (),
        command=command_of(plan.folder),
    )
    for name in (REPORT, LEADERBOARD):
        tracker.artifact(plan.folder / name, "")
    note = [*map(escape, paragraphs), *([_linked(registered)] if registered else []), *_next(plan, store, registered)]
    tracker.note("\n\n".join(note), files=tested.run.number if tested else None)


def summary(plan: Plan, result: SearchResult, tested: FinalTest | None) -> list[str]:
    """What won, by how much over default and baseline, a paragraph each; or why nothing did."""
    if tested is None:
        return [without_winner(result)]
    name, default = plan.metric.name, tested.default.get(plan.metric.name)
    others = [f"{default:.4f} by the default configuration"] if default is not None else []
    others.append(f"{tested.baseline[name]:.4f} by the trivial baseline")
    compared = f"On test, {name} is {tested.registered.scores[name]:.4f}; {' and '.join(others)}."
    first, second, *notes = told(plan, result, tested.run, tested.winner.scores, tested.notes)
    return [first, compared, second, *notes]


def _figures(tested: FinalTest) -> list[Sequence[Cell]]:
    head = ("metric", "validation", "test", "from", "to", "default", "baseline")
    rows = [
        (
            name,
            tested.validation.get(name),
            figure.value,
            figure.low,
            figure.high,
            tested.default.get(name),
            tested.baseline.get(name),
        )
        for name, figure in tested.registered.figures.items()
    ]
    return [head, *rows]


def _linked(registered: Registered) -> str:
    page = model_url("", registered.name, registered.version).lstrip("/")
    alias = f"alias {registered.alias}" if registered.alias else "no alias"
    return (
        f"Registered as [{registered.name} version {registered.version}]({page}), {alias}: {escape(registered.reason)}"
    )


def _next(plan: Plan, store: Store, registered: Registered | None) -> list[str]:
    """What to do now, as commands."""
    where = home_option(store.home)
    more = f"automl search --continue {plan.folder.name} --trials 50{home_option(store.home, '--out')}"
    use = f"automl predict --model {registered.reference} NEW --out predictions.csv{where}" if registered else ""
    return [f"Next: {', or '.join(f'`{command}`' for command in filter(None, (use, more)))}."]
