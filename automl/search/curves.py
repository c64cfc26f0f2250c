"""What trials that were stopped, or still run, are expected to come to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def expected_ends(curves: Sequence[Sequence[float]], done: Sequence[bool]) -> NDArray[np.float64]:
    """The best value that each trial is expected to have at its end: what it has so far, and what the trials that went
    on gained from there, on average, epoch by epoch.

    Args:
        curves: Of each trial the metric after each epoch, higher is better; at least one epoch.
        done: Which trials have ended by themselves: nothing more is to come of them.
    """
    longest = max(map(len, curves))
    best = np.full((len(curves), longest), np.nan)
    for row, curve in zip(best, curves, strict=True):
        row[: len(curve)] = np.maximum.accumulate(curve)
    gains = np.nanmean(np.diff(best, axis=1), axis=0)  # the longest curve has every one
    to_come = np.append(gains[::-1].cumsum()[::-1], 0.0)
    last = np.array([len(curve) - 1 for curve in curves])
    ends: NDArray[np.float64] = best[np.arange(len(curves)), last] + np.where(done, 0.0, to_come[last])
    return ends
