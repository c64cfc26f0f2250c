"""Figures as PNG files, drawn without a display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from automl.evaluation.coverage import Coverage
from automl.evaluation.gains import Bin

COLOURS = ("#9a9a9a", "#00689d")


def draw_reliability(file: Path, curves: Mapping[str, Sequence[Bin]], what: str) -> None:
    """The reliability curve: how often probabilities come true, of one model or before and after calibration.

    Args:
        curves: By their names in the legend, at most two; the last one with its intervals.
        what: Whose probability it is, for the axes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 5.2), layout="constrained")  # of its own: no global state, no display
    curve = figure.subplots()
    curve.plot((0, 1), (0, 1), color="#cccccc", linewidth=1, linestyle="--")
    for (name, bins), colour in zip(curves.items(), COLOURS[-len(curves) :], strict=True):
        said, true = [found.said for found in bins], [found.true for found in bins]
        curve.plot(said, true, marker="o", markersize=4, color=colour, label=_plain(name))
    last = list(curves.values())[-1]
    curve.vlines([b.said for b in last], [b.low for b in last], [b.high for b in last], color=COLOURS[-1], linewidth=1)
    curve.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    curve.set(xlabel="mean probability of a tenth of the rows", ylabel="share of them where it came true")
    curve.set_title(_plain(f"Reliability on test: {what}"), fontsize=10)
    curve.legend(frameon=False, loc="upper left")
    figure.savefig(file, dpi=120)


def draw_coverage(file: Path, coverage: Coverage) -> None:
    """The share of answers that are right, from the surest ones to all, and where the threshold lies."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    curve = figure.subplots()
    points = coverage.points
    curve.plot([point.coverage for point in points], [point.accuracy for point in points], color=COLOURS[-1])
    answered = coverage.figures["answered"].value
    curve.axvline(answered, color=COLOURS[0], linewidth=1, linestyle="--", label=f"threshold: answers {answered:.1%}")
    curve.set(xlim=(0, 1.01), xlabel="share of the messages that is answered, the surest first")
    curve.set(ylabel="share of the answers that is right")
    curve.set_title("Coverage on test", fontsize=10)
    curve.legend(frameon=False, loc="lower left")
    figure.savefig(file, dpi=120)


def _plain(text: str) -> str:
    """Names from data, shown as they are: a dollar sign begins a formula, and a long name would push the figure out."""
    return (text if len(text) <= 60 else f"{text[:59]}…").replace("$", r"\$")
