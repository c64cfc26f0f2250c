"""Stratified, seeded splits, of images or of groups of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from automl.errors import UserError

SPLITS = ("train", "val", "test")
WEIGHTS = {"train": 7, "val": 1, "test": 2}
TRIES = 10  # orders that groups are distributed in
MANY = 2_000  # groups; beyond that chance alone comes near the ratio


def split_off(
    labels: np.ndarray,
    parts: Iterable[str],
    seed: int,
    class_names: tuple[str, ...],
    weights: Mapping[str, int] = WEIGHTS,
) -> dict[str, np.ndarray]:
    """Row numbers, ascending, of "train" and of each of `parts`, in the ratio of `weights`.

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
    total_weight = weights["train"] + sum(weights[name] for name in parts)
    rest = np.arange(len(labels))
    rows: dict[str, np.ndarray] = {}
    for name in parts:
        share = -(-len(labels) * weights[name] // total_weight)  # rounded up, in integers
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


@dataclass(frozen=True)
class Wording:
    """How messages call what is split.

    Args:
        rows: "images".
        groups: What stays together: "patients".
        told_apart: How groups are told apart, for a hint.
    """

    rows: str
    groups: str
    told_apart: str


PATIENTS = Wording(
    "images",
    "patients",
    "Patients are told apart by --group patients.csv, else by PatientID in DICOM files, and in NIfTI files by a name "
    "that begins with sub-.",
)


def split_groups(
    labels: np.ndarray,
    counts: np.ndarray,
    groups: np.ndarray,
    parts: Iterable[str],
    seed: int,
    class_names: tuple[str, ...],
    *,
    weights: Mapping[str, int] = WEIGHTS,
    wording: Wording = PATIENTS,
) -> dict[str, np.ndarray]:
    """Row numbers, ascending, of "train" and of each of `parts`; the rows of a group stay together.

    Of each class, the rows in the parts are as near the ratio of `weights` as groups allow: they are given one by
    one, in random order, to the part that lacks most (after Sechidis et al. 2011, "On the Stratification of Multi-Label
    Data"), and the best of `TRIES` such orders is taken; of more than `MANY` groups each class's own are dealt out by
    size alone. Every class is in every part. The result depends on the order of the rows and the seed alone.

    Args:
        labels: int64 (N,) indices into `class_names`.
        counts: int64 (N,), how many images each row stands for.
        groups: int64 (N,), numbers from 0 on.
        parts: Of "val" and "test", what is to be split off.

    Raises:
        UserError: A class is in fewer groups than there are parts, or its groups can't be distributed.
    """
    names = [name for name in SPLITS if name == "train" or name in set(parts)]
    of_group = np.zeros((groups.max() + 1, len(class_names)))
    np.add.at(of_group, (groups, labels), counts)
    _check_groups((of_group > 0).sum(axis=0), len(names), class_names, wording)
    goal = np.array([weights[name] for name in names], dtype=float)
    goal /= goal.sum()
    rng = np.random.default_rng(seed)
    shares = of_group / of_group.sum(axis=0)
    distribute = _deal if len(shares) > MANY else _distribute
    distance, part_of = min((distribute(shares, goal, rng) for _ in range(TRIES)), key=lambda found: found[0])
    if np.isinf(distance):
        raise UserError(
            f"No split into {len(names)} parts was found that has every class in every part and each of the "
            f"{wording.groups} in one: too many {wording.groups} have {wording.rows} of several classes.",
            hint=f"Add {wording.groups}, or provide train, val and test yourself.",
        )
    return {name: np.flatnonzero(part_of[groups] == part) for part, name in enumerate(names)}


def _deal(shares: np.ndarray, goal: np.ndarray, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """As `_distribute`, at once: the groups that have a class most, in random order, one to each part, the others until
    a part is full."""
    part_of = np.zeros(len(shares), dtype=np.int64)
    mostly = shares.argmax(axis=1)
    for label in range(shares.shape[1]):
        order = rng.permutation(np.flatnonzero(mostly == label))
        sizes = shares[order, label]
        middle = (np.cumsum(sizes) - sizes / 2) / max(sizes.sum(), np.finfo(float).tiny)
        part_of[order] = np.searchsorted(np.cumsum(goal)[:-1], middle)
        first = order[: len(goal)]
        part_of[first] = np.arange(len(first))
    return _distance(shares, goal, part_of), part_of


def _distance(shares: np.ndarray, goal: np.ndarray, part_of: np.ndarray) -> float:
    """How far the parts are from the goal; infinite where a class is missing somewhere."""
    reached = np.stack([shares[part_of == part].sum(axis=0) for part in range(len(goal))])
    return float(((goal[:, None] - reached) ** 2).sum()) if reached.all() else np.inf


def _distribute(shares: np.ndarray, goal: np.ndarray, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """How far the result is from the goal (infinite where a class is missing somewhere), and each group's part.

    Args:
        shares: (groups, classes), of each class's images.
        goal: (parts,), the share of each part.
    """
    part_of = np.full(len(shares), -1)
    lacking = np.tile(goal[:, None], shares.shape[1])
    order = rng.permutation(len(shares))

    def give(group: int, part: int) -> None:
        part_of[group] = part
        lacking[part] -= shares[group]

    for label in np.argsort((shares > 0).sum(axis=0), kind="stable"):  # the rarest class has the least choice
        for part in range(len(goal)):
            free = order[(part_of[order] < 0) & (shares[order, label] > 0)]
            if len(free) and not shares[part_of == part, label].any():
                give(free[0], part)
    for group in order:
        if part_of[group] < 0:
            give(group, int((lacking * shares[group]).sum(axis=1).argmax()))
    return _distance(shares, goal, part_of), part_of


def _check_groups(counts: np.ndarray, needed: int, class_names: tuple[str, ...], wording: Wording) -> None:
    short = [f"{name} ({count})" for name, count in zip(class_names, counts, strict=True) if count < needed]
    if short:
        raise UserError(
            f"Each class needs {wording.rows} of at least {needed} {wording.groups} to be split into {needed} parts, "
            f"as those of one stay together. Too few in {len(short)} classes: {', '.join(short[:5])}"
            f"{', ...' * (len(short) > 5)}.",
            hint=f"Add {wording.groups} to these classes, or provide train, val and test yourself. "
            f"{wording.told_apart}",
        )
