"""What is kept of the values of a measure: of numbers their quantiles, of names their shares. No row is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

QUANTILES = 201
NAMES = 50
"""Of more than these only frequent ones are kept, the others in groups."""
GROUPS = 10
FREQUENT = 100
"""Rows of such a name: of rarer ones those that seem to be the most frequent are so by chance, and won't be again."""
DIGITS = 9
"""Significant ones: a float32 is read back as it was, so that equal values stay equal."""

Measures = Mapping[str, np.ndarray]
"""By name what is known of rows: float32 (N,), NaN where missing; or texts (N,) of dtype object."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """How numbers are distributed.

    Args:
        rows: That it was seen in, those where it is missing included.
        missing: Their share.
        quantiles: Ascending, each standing for as many of the others; empty where all are missing.
    """

    rows: int
    missing: float
    quantiles: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Numbers:
        """Of float32 (N,), NaN where missing."""
        known = values[~np.isnan(values)]
        # The middle of each part: neither the smallest nor the largest value of all, which are one row's.
        places = (np.arange(QUANTILES) + 0.5) / QUANTILES
        quantiles = np.quantile(known, places, method="nearest") if len(known) else known
        return cls(len(values), 1 - len(known) / max(len(values), 1), quantiles)

    def to_dict(self) -> dict[str, Any]:
        rounded = [float(f"{value:.{DIGITS}g}") for value in self.quantiles.tolist()]
        return {"rows": self.rows, "missing": self.missing, "quantiles": rounded}


@dataclass(frozen=True, eq=False)
class Shares:
    """How often which name was seen.

    Args:
        rows: That it was seen in.
        shares: Of names, the most frequent first.
        others: Of the names that aren't kept, put together into groups by chance (see `group_of`); empty where all are.
    """

    rows: int
    shares: Mapping[str, float]
    others: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: np.ndarray, most: int = NAMES) -> Shares:
        """Of texts (N,).

        Args:
            most: Names from which on only frequent ones are kept.
        """
        names, counts = np.unique(values.astype(str), return_counts=True)
        order = np.argsort(-counts, kind="stable")
        if len(order) > most:
            order = order[:most][counts[order[:most]] >= FREQUENT]
        kept = {str(names[place]): float(counts[place] / len(values)) for place in order}
        if len(order) == len(names):
            return cls(len(values), kept)
        groups = np.zeros(GROUPS)
        for name, count in zip(names.tolist(), counts.tolist(), strict=True):
            if name not in kept:
                groups[group_of(name)] += count / len(values)
        return cls(len(values), kept, tuple(groups.tolist()))

    def to_dict(self) -> dict[str, Any]:
        shares = {name: round(share, DIGITS) for name, share in self.shares.items()}
        return {"rows": self.rows, "shares": shares, "others": [round(share, DIGITS) for share in self.others]}


def group_of(name: str) -> int:
    """The group of a name that isn't kept: it tells nothing of the name, and is the same at all times."""
    return crc32(name.encode()) % GROUPS


Distribution = Numbers | Shares


def distribution_of(values: np.ndarray, most: int = NAMES) -> Distribution:
    """Of a measure's values; `most` see `Shares.of`."""
    return Shares.of(values, most) if values.dtype == object else Numbers.of(values)


def distribution_from_dict(values: Mapping[str, Any]) -> Distribution:
    """What `to_dict` gave."""
    if "shares" in values:
        return Shares(int(values["rows"]), dict(values["shares"]), tuple(values["others"]))
    return Numbers(int(values["rows"]), float(values["missing"]), np.array(values["quantiles"], np.float32))
