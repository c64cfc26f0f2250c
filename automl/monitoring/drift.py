"""What has moved between a profile and new rows: far enough to matter, and more than by chance.

A measure has drifted where both hold. Its distribution is at least `FAR` away, by the Jensen-Shannon distance (Lin
1991, Divergence measures based on the Shannon entropy; base 2, so from 0 to 1): of numbers over ten parts that have
equally many rows of the profile. And a test says at the level `LEVEL` that it isn't chance: of numbers that of
Kolmogorov and Smirnov, of names the chi-squared test of homogeneity, adjusted for the number of measures (Benjamini and
Hochberg 1995). So a million rows don't make a drift of nothing, and neither do ten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from automl.monitoring.distributions import Distribution, Measures, Numbers, Shares, group_of
from automl.monitoring.findings import Kind, Part, Shift

FAR = 0.1
LEVEL = 0.01
PARTS = 10
HEAVY = 0.05
"""A value that so large a share of the rows has is a part of its own."""
FEWEST = 5
"""Rows expected of a name, below which the chi-squared test takes it together with other such ones."""
TOLD = 3
"""Names, or of few different numbers these, that a sentence on shares has at most."""


def find_shifts(profile: Mapping[str, Distribution], measures: Measures, kind: Kind) -> list[Shift]:
    """All measures that the profile knows, with unadjusted p-values and not judged yet: `judge` does that."""
    return [_shift(name, kind, known, measures[name]) for name, known in profile.items() if name in measures]


def judge(shifts: Sequence[Shift]) -> tuple[Shift, ...]:
    """Which of them have drifted, all looked at together; the worst first."""
    from scipy.stats import false_discovery_control

    if not shifts:
        return ()
    adjusted = false_discovery_control([shift.p_value for shift in shifts])
    judged = (
        replace(shift, p_value=float(p), drifted=bool(shift.distance >= FAR and p < LEVEL))
        for shift, p in zip(shifts, adjusted, strict=True)
    )
    return tuple(sorted(judged, key=lambda shift: (not shift.drifted, -shift.distance)))


def _shift(name: str, kind: Kind, known: Distribution, values: np.ndarray) -> Shift:
    if isinstance(known, Numbers):
        parts, p_value = _number_parts(known, values), _number_chance(known, values)
    else:
        parts = _name_parts(known, values)
        p_value = _chance(known.rows, len(values), parts)
    if isinstance(known, Numbers) and len(np.unique(known.quantiles)) > PARTS:
        now = Numbers.of(values)
        before, after = (_told(one, bool(known.missing or now.missing)) for one in (known, now))
    else:
        moved = sorted(parts, key=lambda part: -abs(part.now - part.before))[:TOLD]
        before = ", ".join(f"{part.name}: {100 * part.before:.0f} %" for part in moved)
        after = ", ".join(f"{part.name}: {100 * part.now:.0f} %" for part in moved)
    return Shift(name, kind, _distance(parts), p_value, False, before, after, parts)


def _distance(parts: Sequence[Part]) -> float:
    from scipy.spatial.distance import jensenshannon

    sides = [part.before for part in parts], [part.now for part in parts]
    with np.errstate(invalid="ignore"):  # of equal ones the root of something just below 0
        return float(np.nan_to_num(jensenshannon(*sides, base=2)))


def _number_parts(known: Numbers, values: np.ndarray) -> tuple[Part, ...]:
    """The parts that the profile's numbers fall into: about equally many, a frequent value and the missing ones by
    themselves."""
    quantiles = known.quantiles
    inner = np.linspace(0, max(len(quantiles) - 1, 0), PARTS + 1).round().astype(int)[1:-1]
    edges = np.unique(quantiles[inner] if len(quantiles) else quantiles)
    heavy = [edge for edge in edges if (quantiles == edge).mean() >= HEAVY]
    below = np.nextafter(np.array(heavy, np.float32), np.float32(-np.inf))
    cuts = np.unique(np.concatenate([edges, below]))
    counts = [
        np.bincount(np.searchsorted(cuts, of, side="left"), minlength=len(cuts) + 1) / max(len(of), 1)
        for of in (quantiles, values[~np.isnan(values)])
    ]
    missing = known.missing, float(np.isnan(values).mean())
    shares = [own * (1 - share) for own, share in zip(counts, missing, strict=True)]
    found = map(Part, _names(cuts, set(map(float, heavy))), *(side.tolist() for side in shares))
    return tuple(part for part in (*found, Part("missing", *missing)) if part.before or part.now)


def _names(cuts: np.ndarray, heavy: set[float]) -> list[str]:
    """Of the parts that cuts make: "to 12", "12 to 18", "18", "above 40"."""
    names, low = [], ""
    for cut in cuts:
        above = float(np.nextafter(cut, np.float32(np.inf)))
        high = short(above if above in heavy else cut)
        if float(cut) in heavy:
            names.append(high)
        else:
            names.append(f"{low} to {high}" if low else f"below {high}" if above in heavy else f"to {high}")
        low = high
    return [*names, f"above {low}" if low else "any"]


def _number_chance(known: Numbers, values: np.ndarray) -> float:
    """The p-value of the numbers that are there, or of how many are missing, whichever is smaller, times two."""
    from scipy.stats import kstwo

    there = np.sort(values[~np.isnan(values)])
    share = 1 - len(there) / max(len(values), 1)
    cells = Part("missing", known.missing, share), Part("there", 1 - known.missing, 1 - share)
    missing = _chance(known.rows, len(values), cells)
    before = known.rows * (1 - known.missing)
    if not len(there) or not len(known.quantiles):
        return missing
    points = np.concatenate([known.quantiles, there])
    sides = (np.searchsorted(own, points, side="right") / len(own) for own in (known.quantiles, there))
    largest = np.abs(np.subtract(*sides)).max()
    rows = max(1, round(before * len(there) / (before + len(there))))
    return min(1.0, 2 * min(missing, float(kstwo.sf(largest, rows))))


def _name_parts(known: Shares, values: np.ndarray) -> tuple[Part, ...]:
    """Each name with its shares. Those that the profile doesn't have are parts of their own, or where it doesn't keep
    all of them part of the group that they belong to, called by the name in it that is the most frequent now."""
    names, counts = np.unique(values.astype(str), return_counts=True)
    now = dict(zip(names.tolist(), (counts / max(len(values), 1)).tolist(), strict=True))
    parts = [Part(name, share, now.pop(name, 0.0)) for name, share in known.shares.items()]
    if not known.others:
        return (*parts, *(Part(name, 0.0, share) for name, share in now.items()))
    for group, before in enumerate(known.others):
        own = {name: share for name, share in now.items() if group_of(name) == group}
        title = f"{max(own, key=lambda name: own[name])} and others" if own else f"others {group + 1}"
        parts.append(Part(title, before, sum(own.values())))
    return tuple(parts)


def _chance(before: int, now: int, parts: Sequence[Part]) -> float:
    """The p-value of shares among so many rows."""
    from scipy.stats import chi2_contingency

    counts = np.array([(before * part.before, now * part.now) for part in parts]).T
    expected = counts.sum(0) * min(before, now) / (before + now)
    rare = expected < FEWEST
    cells = np.concatenate([counts[:, ~rare], counts[:, rare].sum(1, keepdims=True)], axis=1)
    cells = cells[:, cells.sum(0) > 0]
    if cells.shape[1] < 2 or not cells.sum(1).all():
        return 1.0
    return float(chi2_contingency(cells, correction=False).pvalue)


def _told(numbers: Numbers, with_missing: bool) -> str:
    """ "median 18 (12 to 24), 3 % missing": the middle half is in brackets."""
    missing = f"{100 * numbers.missing:.0f} % missing" if with_missing else ""
    if not len(numbers.quantiles):
        return missing
    low, middle, high = np.quantile(numbers.quantiles, [0.25, 0.5, 0.75], method="nearest").tolist()
    told = f"median {short(middle)} ({short(low)} to {short(high)})"
    return f"{told}, {missing}" if missing else told


def short(value: float) -> str:
    """A number for people."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
