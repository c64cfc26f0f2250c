"""What pages are made of: one style, tables, and no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from automl.files import replacing

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2d3d }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; font-size: 13px } th, td { padding: .25rem .7rem; border-bottom: 1px solid #e0e4e8 }
th { text-align: left } td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tr.winner { background: #e6f4ee; font-weight: 600 } code { background: #f2f4f6; padding: 0 .25rem }
svg { max-width: 100%; height: auto }
"""
"""No request leaves the page, and nothing in it runs, whatever a name from the data holds."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

Cell = str | float | int | None


def write_page(file: Path, title: str, parts: Sequence[str]) -> None:
    """Writes a page.

    Args:
        title: As text. parts: as HTML, escaped already.
    """
    name = escape(title)
    text = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<title>{name}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )
    with replacing(file) as path:
        path.write_text(text, encoding="utf-8")


def table_of(head: Sequence[Cell], *rows: Sequence[Cell], marked: int | None = None) -> str:
    """A table as HTML: a row of headings, then rows, one of which may stand out."""
    lines = ["<table>", f"<tr>{''.join(f'<th>{_text(cell)}</th>' for cell in head)}</tr>"]
    for place, row in enumerate(rows):
        cells = "".join(
            f'<td class="number">{_text(cell)}</td>' if isinstance(cell, float | int) else f"<td>{_text(cell)}</td>"
            for cell in row
        )
        lines.append(f"<tr{' class=winner' if place == marked else ''}>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _text(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return "-"
    return escape(f"{cell:.4g}" if isinstance(cell, float) else str(cell))
