"""What probabilities are worth: gains by tenths of the rows, and how often they come true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.evaluation.measures import BINS, bins_of, judged
from automl.evaluation.sample import POSITIVE, Array, Labels

TENTHS = 10


@dataclass(frozen=True)
class Tenth:
    """A tenth of the rows, the first having the highest probabilities.

    Args:
        lowest: The lowest probability of the positive class among them.
        rate: The share of them that is positive.
        capture: Of all positives, the share that is among them. captured: among them and those before.
        lift: The rate, by that of all rows. total_lift: of them and those before.
    """

    number: int
    rows: int
    positives: int
    lowest: float
    rate: float
    capture: float
    captured: float
    lift: float
    total_lift: float


def gains(probabilities: Array, targets: Labels) -> tuple[Tenth, ...]:
    """The gains table of two classes. Equal probabilities may fall into two tenths, in the order of the rows."""
    scores, positive = probabilities[:, POSITIVE], targets == POSITIVE
    order = np.argsort(-scores, kind="stable")
    total, share = max(1, int(positive.sum())), max(float(positive.mean()), np.finfo(float).tiny)
    found, seen, rows = [], 0, 0
    for number, part in enumerate(np.array_split(order, TENTHS), start=1):
        if not len(part):
            continue
        positives = int(positive[part].sum())
        seen, rows = seen + positives, rows + len(part)
        rate = positives / len(part)
        lowest = float(scores[part].min())
        lifts = rate / share, seen / rows / share
        found.append(Tenth(number, len(part), positives, lowest, rate, positives / total, seen / total, *lifts))
    return tuple(found)


@dataclass(frozen=True)
class Bin:
    """Rows of about one probability.

    Args:
        said: Their mean probability. true: the share of them where it came true.
        low, high: The ends of that share's 95 % interval (Wilson 1927).
    """

    rows: int
    said: float
    true: float
    low: float
    high: float


def reliability(probabilities: Array, targets: Labels) -> tuple[Bin, ...]:
    """The bins of the calibration error (see `measures.calibration_error`), from the lowest probability on."""
    shares, true = judged(probabilities, targets)
    bins = bins_of(shares)
    found = (bins == number for number in range(BINS))
    return tuple(_bin(shares[rows], true[rows]) for rows in found if rows.any())


def _bin(shares: Array, true: Array) -> Bin:
    count, rate, z = len(shares), float(true.mean()), 1.96
    centre = (rate + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(rate * (1 - rate) / count + z**2 / (4 * count**2))
    return Bin(count, float(shares.mean()), rate, float(max(0, centre - half)), float(min(1, centre + half)))
