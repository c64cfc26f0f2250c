"""What monitoring has found, as a page in the style of a search's report."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from automl.monitoring import Findings, Shift
from automl.monitoring.findings import Part
from automl.report import figures
from automl.report.html import Cell, table_of, write_page

DRAWN = 8
"""Measures that have a figure: of those that have drifted the worst ones, or the worst one."""
PARTS = 12
"""That a figure shows: those that have moved most."""


def write_drift_report(file: Path, found: Findings) -> None:
    """Writes the page."""
    parts = [f"<p>{escape(line)}</p>" for line in found.lines]
    if found.scores:
        parts += ["<h2>Where the answer is known</h2>", _scores(found)]
    for title, shifts in (("What has drifted", found.drifted), ("The others", found.others)):
        parts += [f"<h2>{title}</h2>", _shifts(shifts)] if shifts else []
    parts += ["<h2>Before and now</h2>"] if found.shifts else []
    for shift in found.drifted[:DRAWN] or found.shifts[:1]:
        parts += [f"<h3>{escape(shift.name)}</h3>", figures.shift(_most_moved(shift))]
    write_page(file, f"{found.model} and {found.data}", parts)


def _shifts(shifts: Sequence[Shift]) -> str:
    head = ("measure", "of", "distance", "p", "before", "now")
    return table_of(head, *((s.name, s.kind, s.distance, s.p_value, s.before, s.now) for s in shifts))


def _scores(found: Findings) -> str:
    rows: list[Sequence[Cell]] = [
        (name, *((was.value, was.low, was.high) if was else (None,) * 3), now.value, now.low, now.high)
        for name, (was, now) in found.scores.items()
    ]
    return table_of(("metric", "on test when registered", "from", "to", "now", "from", "to"), *rows)


def _most_moved(shift: Shift) -> tuple[Part, ...]:
    """In their order."""
    least = sorted((abs(part.now - part.before) for part in shift.parts), reverse=True)[:PARTS][-1]
    return tuple(part for part in shift.parts if abs(part.now - part.before) >= least)[:PARTS]
