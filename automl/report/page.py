"""The report of a search: one HTML file, with its figures in it and no script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from automl.report import figures
from automl.report.html import Cell, table_of, write_page
from automl.report.importance import importance
from automl.report.leaderboard import in_order
from automl.search.folders import reports_of
from automl.search.records import TrialRecord
from automl.search.reruns import title
from automl.search.runner import Plan
from automl.tracking import names

TRIALS = 100
CURVES = 15


def write_report(
    file: Path,
    plan: Plan,
    trials: Sequence[TrialRecord],
    winner: TrialRecord | None,
    *,
    paragraphs: Iterable[str],
    table: Sequence[Sequence[Cell]] = (),
    command: str,
) -> None:
    """Writes what a search came to.

    Args:
        paragraphs: What won, and by how much, in plain words.
        table: Figures on test: a row of headings, then a row per metric.
        command: That began it.
    """
    metric, ordered = plan.metric.name, in_order(trials)
    parts = [f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs]
    parts += ["<h2>On test</h2>", table_of(*table)] if table else []
    parts += ["<h2>Leaderboard</h2>", _leaderboard(ordered, winner, metric)]
    parts += _pictures(plan, ordered, winner)
    parts += ["<h2>The command</h2>", f"<p><code>{escape(command)}</code></p>"]
    write_page(file, plan.folder.name, parts)


def _leaderboard(ordered: Sequence[TrialRecord], winner: TrialRecord | None, metric: str) -> str:
    head = ("trial", f"{metric} on validation", "made of", "epoch", "seconds", "ended", "why")
    rows = [
        (
            title(trial),
            trial.best.get(f"val_{metric}"),
            names.components(trial.configuration),
            f"{trial.best_epoch} of {trial.epoch}",
            round(trial.seconds, 1),
            trial.status,
            trial.reason,
        )
        for trial in ordered[:TRIALS]
    ]
    marked = next((place for place, trial in enumerate(ordered) if winner and trial.number == winner.number), None)
    more = len(ordered) - TRIALS
    note = f"<p>{more} more stand in <code>leaderboard.csv</code>.</p>" if more > 0 else ""
    return table_of(head, *rows, marked=marked) + note


def _pictures(plan: Plan, ordered: Sequence[TrialRecord], winner: TrialRecord | None) -> list[str]:
    metric, key = plan.metric.name, f"val_{plan.metric.name}"
    known = [trial for trial in ordered if math.isfinite(trial.best.get(key, math.nan))]
    if not known:
        return []
    by_number = sorted(((trial.number, trial.best[key]) for trial in known), key=lambda pair: pair[0])
    parts = ["<h2>How the search got on</h2>", figures.history(by_number, metric, minimize=plan.metric.minimize)]
    first = [winner] if winner in known else []
    shown = [*first, *(trial for trial in known if trial is not winner)][:CURVES]
    lines = {title(trial): _curve(plan, trial) for trial in shown}
    lines = {name: points for name, points in lines.items() if len(points) > 1}
    if lines:
        parts += [f"<h2>Learning curves of the best {len(lines)}</h2>", figures.curves(lines, metric)]
    times = [(trial.seconds, trial.best[key]) for trial in known]
    parts += ["<h2>What it cost</h2>", figures.cost(times, metric, "seconds of training")]
    if shares := importance(plan):
        parts += ["<h2>What mattered</h2>", figures.bars(shares)]
    return parts


def _curve(plan: Plan, trial: TrialRecord) -> list[tuple[int, float]]:
    points = (
        (r.epoch, r.metrics.get(f"val_{plan.metric.name}", math.nan)) for r in reports_of(plan.folder, trial.number)
    )
    return [(epoch, value) for epoch, value in points if math.isfinite(value)]
