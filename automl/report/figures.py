"""Figures as SVG to be put into a page, drawn without a display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from textwrap import shorten
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MUTED, STRONG = "#b0b7bd", "#00689d"
NAME = 40
"""Letters of a name beside a bar."""


def history(values: Sequence[tuple[int, float]], metric: str, *, minimize: bool) -> str:
    """How the search got on: each trial's value, and the best so far.

    Args:
        values: Number and best validation value of each trial that gave a model, in the order of numbers.
    """
    axes = _axes(6.4, 3.2)
    numbers, found = [number for number, _ in values], [value for _, value in values]
    best = [(min if minimize else max)(found[: place + 1]) for place in range(len(found))]
    axes.scatter(numbers, found, s=14, color=MUTED, label="a trial")
    axes.step(numbers, best, where="post", color=STRONG, label="the best so far")
    axes.set(xlabel="trial", ylabel=f"{metric} on validation")
    axes.legend(frameon=False, fontsize=8)
    return _svg(axes)


def curves(lines: Mapping[str, Sequence[tuple[int, float]]], metric: str) -> str:
    """Learning curves by name, the first one's stands out: (epoch, value) each."""
    axes = _axes(6.4, 3.2)
    for place, (name, points) in reversed(list(enumerate(lines.items()))):
        epochs, values = zip(*points, strict=True)
        width, colour = (2.0, STRONG) if place == 0 else (1.0, MUTED)
        axes.plot(epochs, values, marker=".", color=colour, linewidth=width, label=plain(name) if place == 0 else None)
    axes.set(xlabel="epoch", ylabel=f"{metric} on validation")
    axes.legend(frameon=False, fontsize=8)
    return _svg(axes)


def bars(shares: Mapping[str, float]) -> str:
    """Shares by name, the largest first."""
    axes = _axes(6.4, 0.6 + 0.28 * len(shares))
    names = [plain(name) for name in shares][::-1]
    axes.barh(names, list(shares.values())[::-1], color=STRONG)
    axes.set(xlabel="share of what the parameters explain")
    return _svg(axes)


def shift(parts: Sequence[tuple[str, float, float]]) -> str:
    """Of each part its name, and its share before and now."""
    import numpy as np

    names, before, now = zip(*parts, strict=True)
    axes, places = _axes(6.4, 0.8 + 0.34 * len(parts)), np.arange(len(parts))[::-1]
    axes.barh(places + 0.2, before, height=0.36, color=MUTED, label="before")
    axes.barh(places - 0.2, now, height=0.36, color=STRONG, label="now")
    axes.set_yticks(places, [plain(shorten(name, NAME, placeholder=" ...")) for name in names])
    axes.set(xlabel="share of the rows")
    axes.legend(frameon=False, fontsize=8)
    return _svg(axes)


def cost(points: Sequence[tuple[float, float]], metric: str, what: str) -> str:
    """Values by what they cost: (cost, value) of each trial."""
    axes = _axes(6.4, 3.2)
    axes.scatter([x for x, _ in points], [y for _, y in points], s=14, color=STRONG)
    axes.set(xlabel=what, ylabel=f"{metric} on validation")
    if min(x for x, _ in points) > 0:
        axes.set_xscale("log")
    return _svg(axes)


def plain(text: str) -> str:
    """As it is: a dollar sign begins a formula, an underscore before a name hides it."""
    return text.replace("$", r"\$").lstrip("_")


def _axes(width: float, height: float) -> Axes:
    from matplotlib.figure import Figure

    axes: Axes = Figure(figsize=(width, height), layout="constrained").subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return axes


def _svg(axes: Axes) -> str:
    """From `<svg` on, with texts as texts, the same each time."""
    from matplotlib import rc_context

    text = StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "automl"}):
        axes.figure.savefig(text, format="svg", metadata={"Date": None})  # type: ignore[union-attr]
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]
