"""Labels of one class that people have spelled in several ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl.data.table.target import as_labels

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5


def united(column: pd.Series) -> tuple[pd.Series, str]:
    """The labels, those that differ in case or spaces alone as the most frequent of them; and a note on these."""
    labels = as_labels(column)
    counts = labels.value_counts()
    spellings: dict[str, list[str]] = {}
    for label in counts.index:  # the most frequent first
        spellings.setdefault(" ".join(label.casefold().split()), []).append(label)
    several = [found for found in spellings.values() if len(found) > 1]
    if not several:
        return labels, ""
    examples = ", ".join(
        f"{first!r} ({counts[first]:,}) for {' and '.join(f'{other!r} ({counts[other]:,})' for other in others)}"
        for first, *others in several[:SHOWN]
    )
    more = f" and {len(several) - SHOWN} more" if len(several) > SHOWN else ""
    as_one = {other: first for first, *others in several for other in others}
    return labels.replace(as_one), f"Labels that differ in case or spaces alone are one class: {examples}{more}."
