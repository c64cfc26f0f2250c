"""What monitoring has found, for people and for machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from automl.evaluation.interval import Estimate

DRIFT = 3
"""The exit code where something has drifted. 1 is what a crash gives, 2 bad input."""

FEW_ROWS = 100
"""With fewer rows only large shifts can be told from chance."""

Kind = Literal["feature", "prediction"]


class Part(NamedTuple):
    """Some values of a measure, and their share of the rows."""

    name: str
    before: float
    now: float


@dataclass(frozen=True)
class Shift:
    """One measure then and now.

    Args:
        distance: How far the distributions are apart, 0 to 1 (see `automl.monitoring.drift`).
        p_value: How likely so much or more is by chance alone, adjusted for the number of measures.
        before, now: What it was like, in a few words.
        parts: That all values fall into.
    """

    name: str
    kind: Kind
    distance: float
    p_value: float
    drifted: bool
    before: str
    now: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Findings:
    """A model's data then and now.

    Args:
        model: NAME/VERSION.
        data: What was looked at.
        rows: That it has. compared: of them, those that were drawn to be looked at.
        shifts: Of all measures, the worst first.
        scores: Metric -> on test when it was registered (None where that isn't known), and now; of data with targets.
        notes: Sentences on what was done.
    """

    model: str
    data: str
    rows: int
    compared: int
    shifts: tuple[Shift, ...]
    scores: Mapping[str, tuple[Estimate | None, Estimate]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> tuple[Shift, ...]:
        return tuple(shift for shift in self.shifts if shift.drifted)

    @property
    def others(self) -> tuple[Shift, ...]:
        return tuple(shift for shift in self.shifts if not shift.drifted)

    @property
    def share(self) -> float:
        """Of the measures, how many have drifted."""
        return len(self.drifted) / max(len(self.shifts), 1)

    @property
    def verdict(self) -> str:
        """In a sentence."""
        counts = {kind: [s for s in self.shifts if s.kind == kind] for kind in ("feature", "prediction")}
        told = [f"{sum(s.drifted for s in own)} of {len(own)} {kind}s" for kind, own in counts.items() if own]
        if not self.drifted:
            return f"No drift: {' and '.join(told)} have moved."
        return f"Drift: {' and '.join(told)} have moved, {self.drifted[0].name} most."

    @property
    def lines(self) -> tuple[str, ...]:
        """The verdict, and what to know of it."""
        drawn = f", of which {self.compared:,} were drawn" if self.compared < self.rows else ""
        few = f"Only {self.rows} rows: smaller shifts can't be told from chance." if self.rows < FEW_ROWS else ""
        looked = f"{self.rows:,} rows of {self.data}{drawn}, compared with the profile of {self.model}."
        return (self.verdict, looked, *filter(None, (few, *self.notes)))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        scores = {
            name: {"registered": _finite(asdict(was)) if was else None, "now": _finite(asdict(now))}
            for name, (was, now) in self.scores.items()
        }
        own = {key: getattr(self, key) for key in ("model", "data", "rows", "compared", "verdict", "notes")}
        shifts = [asdict(shift) | {"parts": [part._asdict() for part in shift.parts]} for shift in self.shifts]
        return own | {"drift": bool(self.drifted), "drift_share": self.share, "shifts": shifts, "scores": scores}


def _finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    """With null for what JSON has no number for."""
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}
