"""How well each type of entity is found on test, as seqeval reports it (Nakayama 2018)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from automl.api.tested import Tested
    from automl.data import Dataset

SHOWN = 8
ALL = "micro avg"
"""Seqeval's word for all types together; the other means are left out."""


def entity_rows(data: Dataset, model: Tested) -> list[Mapping[str, Any]]:
    """`type`, `precision`, `recall`, `f1` and `entities`, how many there are: a row for each type, then one for all."""
    from seqeval.metrics import classification_report

    targets = data.test.targets
    counts = (targets >= 0).sum(1)
    actual, predicted = (
        [[data.task.class_names[label] for label in own] for own in np.split(labels, np.cumsum(counts)[:-1])]
        for labels in (targets[targets >= 0], model.predictions.argmax(1))
    )
    found = classification_report(actual, predicted, output_dict=True, zero_division=0)
    kinds = [*(kind for kind in found if not kind.endswith(" avg")), ALL]
    return [
        {
            "type": "all" if kind == ALL else kind,
            "precision": float(found[kind]["precision"]),
            "recall": float(found[kind]["recall"]),
            "f1": float(found[kind]["f1-score"]),
            "entities": int(found[kind]["support"]),
        }
        for kind in kinds
    ]


def entity_note(rows: Sequence[Mapping[str, Any]]) -> str:
    """The same in a sentence, the most frequent types first."""
    first = sorted(rows[:-1], key=lambda row: -row["entities"])[:SHOWN]
    told = (
        f"{row['type']} F1 {row['f1']:.4f} (precision {row['precision']:.4f}, recall {row['recall']:.4f}, "
        f"{row['entities']:,} of them)"
        for row in first
    )
    more = f", and {len(rows) - 1 - len(first)} more types" if len(rows) - 1 > len(first) else ""
    return f"Entities on test by type: {', '.join(told)}{more}."
