"""What may be wrong with messages, said before the first trial, each with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from automl.data.text.copies import Messages, contradictions, copies

FEW = 5


def check_messages(
    texts: Mapping[str, Sequence[str]], targets: Mapping[str, np.ndarray], class_names: Sequence[str]
) -> tuple[str, ...]:
    """Warnings, the gravest first.

    Args:
        texts, targets: Of each split.
    """
    splits = {name: Messages(own, [class_names[label] for label in targets[name]]) for name, own in texts.items()}
    return (*copies(splits), *contradictions(splits), *_rare(targets, class_names), *_absent(targets, class_names))


def _rare(targets: Mapping[str, np.ndarray], class_names: Sequence[str]) -> list[str]:
    counts = np.bincount(targets["train"], minlength=len(class_names))
    rare = [f"{name} ({count})" for name, count in zip(class_names, counts, strict=True) if count < FEW]
    if not rare:
        return []
    return [
        f"{', '.join(rare[:5])}{', ...' * (len(rare) > 5)}: fewer than {FEW} messages in train. What is said of such "
        "classes is mostly chance: add messages, or put classes together."
    ]


def _absent(targets: Mapping[str, np.ndarray], class_names: Sequence[str]) -> list[str]:
    warnings = []
    for split in ("val", "test"):
        counts = np.bincount(targets[split], minlength=len(class_names))
        absent = [name for name, count in zip(class_names, counts, strict=True) if not count]
        if absent:
            warnings.append(f"{split} has no messages of {', '.join(absent[:5])}{', ...' * (len(absent) > 5)}.")
    return warnings
