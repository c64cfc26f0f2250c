"""Stratified, seeded splits."""

from collections.abc import Iterable

import numpy as np

from automl.errors import UserError

SPLITS = ("train", "val", "test")
WEIGHTS = {"train": 7, "val": 1, "test": 2}


def split_off(
    labels: np.ndarray, parts: Iterable[str], seed: int, class_names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Row numbers, ascending, of "train" and of each of `parts`, in the ratio of `WEIGHTS`.

    Every class is in every part. The result depends on the order of `labels` and the seed alone.

    Args:
        labels: int64 (N,) indices into `class_names`.
        parts: Of "val" and "test", what is to be split off.

    Raises:
        UserError: A class has fewer rows than there are parts.
    """
    from sklearn.model_selection import train_test_split  # type: ignore[import-untyped,unused-ignore]

    parts = [name for name in ("test", "val") if name in set(parts)]
    _check_counts(labels, len(parts) + 1, class_names)
    total_weight = WEIGHTS["train"] + sum(WEIGHTS[name] for name in parts)
    rest = np.arange(len(labels))
    rows: dict[str, np.ndarray] = {}
    for name in parts:
        share = -(-len(labels) * WEIGHTS[name] // total_weight)  # rounded up, in integers
        size = max(share, len(class_names))  # sklearn wants room for each class
        rest, rows[name] = train_test_split(rest, test_size=size, stratify=labels[rest], random_state=seed)
    rows["train"] = rest
    for name in parts:
        _give_missing_classes(rows, name, labels, len(class_names))
    return {name: np.sort(part) for name, part in rows.items()}


def _give_missing_classes(rows: dict[str, np.ndarray], name: str, labels: np.ndarray, num_classes: int) -> None:
    """Move one row of each class that `name` lacks there from train: proportional shares of a rare class round to 0."""
    for label in np.setdiff1d(np.arange(num_classes), labels[rows[name]]):
        moved = rows["train"][labels[rows["train"]] == label][:1]
        rows[name] = np.concatenate([rows[name], moved])
        rows["train"] = np.setdiff1d(rows["train"], moved)


def _check_counts(labels: np.ndarray, needed: int, class_names: tuple[str, ...]) -> None:
    counts = np.bincount(labels, minlength=len(class_names))
    short = [f"{name} ({count})" for name, count in zip(class_names, counts, strict=True) if count < needed]
    if short:
        raise UserError(
            f"Each class needs at least {needed} images to be split into {needed} parts. "
            f"Too few in {len(short)} classes: {', '.join(short[:5])}{', ...' * (len(short) > 5)}.",
            hint="Add images to these classes, remove their folders, or provide train/, val/ and test/ folders.",
        )
