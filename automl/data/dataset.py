"""What a search trains on: three splits of prepared arrays, and what is known about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from automl.components.task import Task
from automl.data.preparations import Preparation


@dataclass(frozen=True, eq=False)
class Split:
    """One of train, val, test.

    Args:
        inputs: uint8 (N, C, H, W) images, or float32 (N, F) rows of a table (`TablePreparation.transform`); an
            `np.memmap` opened read-only where the data set is larger than memory allows.
        targets: int64 (N,) class indices, or float32 (N, num_outputs) for regression; int64 (N, W) those of a text's
            words, -1 behind the last one.
        ids: Per row the file's path relative to the data folder (with "#" and a number from 0 on where a DICOM or NIfTI
            file has several slices), or the row's number in the source.
        columns: The columns of a table that are kept as they are read, whatever the model is given: (N,) numbers (NaN
            where missing) or texts (None where missing). Groups of people are told apart by them.
        groups: int64 (N,) where rows belong together: those of one number must not be torn apart. None: none do.
        times: float64 (N,), days, where rows are ordered in time; they stand in the file's order all the same.
    """

    inputs: np.ndarray
    targets: np.ndarray
    ids: tuple[str, ...]
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    groups: np.ndarray | None = None
    times: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)


class Report(Protocol):
    """What was found in the data."""

    def lines(self) -> list[str]:
        """For people, before the first trial."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set, split and prepared.

    Args:
        name: "digits", or the name of the folder or the file (without its suffix).
        preparation: How inputs were made into arrays; whoever predicts needs the same.
        report: What was found on the way, for people.
        digest: 16 hex digits, a hash of all inputs and targets in their order.
        test_digest: The same of the test split alone, as it was read: whatever train is, predictions for equal test
            splits can be compared row by row. "": not known.
        folds: Where validation is crossed, int (N,): the fold of each row of train, from 0 on. Validation has the same
            rows as train then.
    """

    name: str
    task: Task
    train: Split
    val: Split
    test: Split
    preparation: Preparation
    report: Report
    digest: str
    folds: np.ndarray | None = None
    test_digest: str = ""

    @property
    def members(self) -> int:
        """How many models a trial trains: one for each fold."""
        return 1 if self.folds is None else int(self.folds.max()) + 1
