"""Which of two classes is looked for."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from automl.errors import unknown

if TYPE_CHECKING:
    from automl.data.dataset import Dataset, Split


def with_positive(data: Dataset, name: str) -> Dataset:
    """The data of two classes with the class `name` as the second one, which metrics and thresholds are about.

    Raises:
        UserError: There is no such class.
    """
    names = data.task.class_names
    if name not in names:
        raise unknown("class", name, names)
    if names[-1] == name:
        return data
    return replace(
        data,
        task=replace(data.task, class_names=names[::-1]),
        train=_swapped(data.train),
        val=_swapped(data.val),
        test=_swapped(data.test),
        # Models of the one order and of the other aren't judged by the same figures.
        digest=_other(data.digest, name),
        test_digest=_other(data.test_digest, name),
    )


def _other(digest: str, name: str) -> str:
    return blake2b(f"{digest} {name}".encode(), digest_size=8).hexdigest() if digest else ""


def _swapped(split: Split) -> Split:
    return replace(split, targets=1 - split.targets)
