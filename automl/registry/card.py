"""The model card: what a person reads of a registered version, in Markdown (Mitchell et al. 2019, Model cards for model
reporting, FAT*)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from automl.tracking.markdown import escape

if TYPE_CHECKING:
    from automl.registry.evidence import Evidence

CARD = "model_card.md"

SPACE = "&emsp;"
"""After a cell: MLflow's tables have no space between their columns."""

LONGEST = 5000
"""Characters of a version's description: as many as the store's column has."""

CLASSES = 20


def card(evidence: Evidence) -> str:
    """The whole card."""
    return "\n\n".join([_first(evidence), *_sections(evidence)]) + "\n"


def description(evidence: Evidence) -> str:
    """As much of the card as a version's page holds; its first line is also shown in the list of versions, as plain
    text."""
    rest = f"The rest stands in {CARD} among the model's files."
    text, sections = _first(evidence), _sections(evidence)
    for place, section in enumerate(sections):
        longer = f"{text}\n\n{section}"
        if len(longer) > LONGEST - len(rest) - 2:
            return f"{text}\n\n{rest}" if place else f"{longer[: LONGEST - len(rest) - 2]}\n\n{rest}"
        text = longer
    return text


def _first(evidence: Evidence) -> str:
    found = f"found by the search {evidence.search} as trial {evidence.trial}"
    return f"{escape(evidence.components)}, {escape(found)}."


def _sections(evidence: Evidence) -> list[str]:
    """Those that have something to say, the most important first."""
    table = "\n".join(_table(evidence))
    parts = {
        "": [table, *_escaped(evidence.notes), "The baseline always gives the same, most likely answer."],
        "What it is for": [escape(f"{evidence.purpose} Task: {evidence.task}.".strip())],
        "Groups": _escaped(evidence.groups),
        "Limits": _limits(evidence),
        "Data": _data(evidence),
        "Made of": _escaped(evidence.code),
        "Training": _escaped(evidence.training),
    }
    return ["\n\n".join([*([f"### {head}"] if head else []), *texts]) for head, texts in parts.items() if texts]


def _escaped(texts: Iterable[str]) -> list[str]:
    return [escape(text) for text in texts]


def _limits(evidence: Evidence) -> list[str]:
    tested = f"{evidence.rows['test']:,} rows" if "test" in evidence.rows else "rows"
    limits = [
        escape(f"It was tested on {tested} of {evidence.data} alone: of data from elsewhere the figures say nothing."),
        f"Gates: {escape(', '.join(evidence.gates))}." if evidence.gates else "Its domain has no gates.",
    ]
    if not evidence.groups:
        limits.append("How groups of people are treated wasn't compared.")
    return limits


def _data(evidence: Evidence) -> list[str]:
    rows = ", ".join(f"{name} {count:,}" for name, count in evidence.rows.items())
    data = f"{evidence.data} (digest {evidence.data_digest[:12]}){f', rows: {rows}' if rows else ''}."
    seeds = f"Seeds: {', '.join(map(str, evidence.seeds)) or 'not recorded'}."
    names = evidence.classes
    more = f" and {len(names) - CLASSES} more" if len(names) > CLASSES else ""
    return [escape(data), *([escape(f"Classes: {', '.join(names[:CLASSES])}{more}.")] if names else []), seeds]


def _table(evidence: Evidence) -> list[str]:
    """A line per metric, the one that decided first; a column where something was measured."""
    ends = evidence.intervals.items()
    columns = (
        ("validation", _texts(evidence.validation)),
        ("baseline", _texts(evidence.baseline)),
        ("test", _texts(evidence.test)),
        ("95 % interval", {key: f"{_number(low, 3)} to {_number(high, 3)}" for key, (low, high) in ends}),
        ("default on test", _texts(evidence.test_default)),
        ("baseline on test", _texts(evidence.test_baseline)),
    )
    shown = [(heading, cells) for heading, cells in columns if cells]
    keys = dict.fromkeys([evidence.metric, *evidence.validation, *evidence.test])
    rows = [("metric", *(heading for heading, _ in shown))]
    rows += [(key, *(cells.get(key, "") for _, cells in shown)) for key in keys]
    head, *lines = (f"| {f'{SPACE} | '.join(row)} |" for row in rows)
    return [head, f"| --- |{' ---: |' * len(shown)}", *lines, *_other_figures(evidence)]


def _other_figures(evidence: Evidence) -> list[str]:
    figures = ", ".join(f"{name} {value:,.4g}" for name, value in evidence.figures.items())
    return ["", f"{figures}."] if figures else []


def _texts(figures: Mapping[str, float]) -> dict[str, str]:
    return {key: _number(value) for key, value in figures.items()}


def _number(value: float, digits: int = 4) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.{digits}f}"
