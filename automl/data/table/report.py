"""What was found in a table, for people, before the first trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automl.data.report import aligned, shorten, split_table
from automl.data.source import count_of
from automl.data.table.roles import LEARNED, Profile

MAX_COLUMNS_SHOWN = 60


@dataclass(frozen=True)
class TableReport:
    """What was found.

    Args:
        name: Of the data set.
        target: The column that is predicted.
        profiles: Of the other columns, in the table's order.
        class_counts: Per class, the number of rows in each split; empty for regression.
        split_counts: Rows per split.
        target_ranges: For regression, per split the smallest and largest target.
        notes: How the data was read, where a choice was made.
        warnings: What may be wrong with it, each with what to do about it.
    """

    name: str
    target: str
    profiles: tuple[Profile, ...]
    class_counts: Mapping[str, Mapping[str, int]]
    split_counts: Mapping[str, int]
    target_ranges: Mapping[str, tuple[float, float]]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """A few lines to print: counts, the columns, then what deserves attention."""
        classes = f", {len(self.class_counts)} classes" if self.class_counts else ""
        rows = count_of(sum(self.split_counts.values()), "row")
        return [
            f"{self.name}: {rows}, {count_of(len(self.profiles), 'column')} beside the target {self.target}{classes}",
            *split_table(self.class_counts, self.split_counts, self.target_ranges),
            *self._columns(),
            *self.notes,
            *(f"Warning: {warning}" for warning in self.warnings),
        ]

    def _columns(self) -> list[str]:
        shown = sorted(self.profiles, key=lambda profile: profile.is_learned)  # what is left out comes first
        rows = [("column", "role", "missing", "different", "values")]
        for profile in shown[:MAX_COLUMNS_SHOWN]:
            role = f"{profile.role}{' (given)' if profile.given else ''}"
            values = f"{profile.shown} ({profile.note})" if profile.note else profile.shown
            rows.append((shorten(profile.name), role, f"{profile.missing:,}", f"{profile.distinct:,}", values))
        more = len(shown) - MAX_COLUMNS_SHOWN
        roles = Counter(profile.role for profile in self.profiles)
        counts = ", ".join(f"{count} {role}" for role, count in roles.most_common())
        return [
            f"Columns: {counts}. Learned from: {', '.join(LEARNED)}. Another role: --column NAME=ROLE.",
            *_table(rows),
            *([f"  and {more} more"] if more > 0 else []),
        ]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Names, roles and values to the left, counts to the right."""
    counts = aligned([row[2:4] for row in rows], left=0)
    labels = aligned([row[:2] for row in rows], left=2)
    width = max(map(len, labels))
    return [
        f"{label.ljust(width)}{count}  {row[4]}".rstrip()
        for label, count, row in zip(labels, counts, rows, strict=True)
    ]
