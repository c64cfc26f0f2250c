"""From a file of rows to a `Dataset`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl.components.task import Task
from automl.data.crossing import crossed, folds_for
from automl.data.dataset import Dataset, Split
from automl.data.split import SPLITS
from automl.data.table.checks import check_table
from automl.data.table.parts import Parts, read_parts
from automl.data.table.preparation import TablePreparation
from automl.data.table.report import TableReport
from automl.data.table.roles import Profile, check_roles, profile
from automl.data.table.rules import read_rules
from automl.data.table.splits import Rules, split_rows
from automl.data.table.target import Target, find_target
from automl.data.table.unread import Unread
from automl.data.table.values import as_numbers, as_texts
from automl.errors import UserError, unknown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TableOptions:
    """What an experiment says about its table.

    Args:
        target: The column to predict.
        test: A file of rows to test on; None splits them off.
        time_column: Of dates or numbers: train is before validation, validation before test.
        group: The column whose cells tell which rows belong together: no group is in two splits.
        folds: Of crossed validation, see `automl.data.crossing`.
        columns: Column -> role, for those that aren't to be inferred.
        protected: Columns of people's groups, whose cells are kept as they are read, see `Split.columns`.
    """

    target: str | None = None
    test: str | None = None
    time_column: str | None = None
    group: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    protected: tuple[str, ...] = ()
    folds: int | None = 0

    @property
    def split_roles(self) -> dict[str, str]:
        """Of the columns that the split goes by."""
        named = {self.group: "group", self.time_column: "time"}
        return {name: role for name, role in named.items() if name is not None}


def load_table(
    path: str | Path, options: TableOptions, *, task_kind: str, allow_corrupt: bool = False, seed: int = 0
) -> Dataset:
    """Read, check, split and prepare a table.

    Args:
        path: A CSV, TSV, Parquet or JSON lines file, or a folder with such files for train, val and test.
        task_kind: table-classification or table-regression.
        allow_corrupt: Go on where more than 5 % of the rows have no target.
        seed: Of the splits that there are no files for.

    Raises:
        UserError: The data can't be used; the message says what was found where.
    """
    path = Path(path).expanduser()
    test = None if options.test is None else Path(options.test).expanduser()
    parts, name = read_parts(path, test, partial(_all_columns, options.target), allow_corrupt)
    known = parts.frame.iloc[: -len(parts.given["test"])] if "test" in parts.given else parts.frame
    target = Target.of(known[name], task_kind)
    values = target.values(parts.frame[name])
    check_known(parts, target, values)
    _check_protected(options.protected, [str(column) for column in parts.frame.columns if column != name])
    profiles = _profiles(known, name, options)
    rules = read_rules(parts.frame, options.group, options.time_column)
    rows, notes = split_rows(parts.given, values, target, rules, seed)
    preparation = _fit(parts.frame.iloc[rows["train"]], profiles, None if target.class_names else values[rows["train"]])
    splits = {split: _cut(parts, rows[split], values, rules, preparation, options.protected) for split in SPLITS}
    unread = Unread(preparation, "the test file")
    if "test" in parts.given:
        unread.look(parts.frame.iloc[rows["test"]], splits["test"].inputs)
    task = Task(
        kind=task_kind,
        num_outputs=max(1, len(target.class_names)),
        input_shape=preparation.shape,
        class_names=target.class_names,
        num_numeric=preparation.num_numeric,
        category_sizes=preparation.category_sizes,
    )
    warnings = check_table(splits, preparation, task, name)
    data = Dataset(
        name=path.stem,
        task=task,
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        preparation=preparation,
        report=_report(
            path.stem, target, profiles, splits, tuple(filter(None, (*parts.notes, *notes, unread.note))), warnings
        ),
        digest=_digest(splits),
        test_digest=_digest_as_read(parts.frame.iloc[rows["test"]]),
    )
    folds = 0 if "val" in parts.given else folds_for(data, options.folds)
    return crossed(data, folds, seed) if folds else data


def _all_columns(target: str | None, frame: pd.DataFrame, given: str) -> tuple[str, list[str]]:
    return find_target(frame, target, given), list(frame.columns)


def check_known(parts: Parts, target: Target, values: np.ndarray) -> None:
    """A class of the test file may be one that nothing can be learned about."""
    unknown = np.flatnonzero(values < 0)
    if target.class_names and len(unknown):
        labels = parts.frame[target.name].iloc[unknown].unique()
        raise UserError(
            f"Classes of test must have rows in train. Got {', '.join(map(str, labels[:5]))} in {len(unknown):,} rows, "
            f"where train has {', '.join(target.class_names[:12])}.",
            hint="Add train rows of these classes, or remove them from the test file.",
        )


def _check_protected(names: tuple[str, ...], columns: list[str]) -> None:
    for name in names:
        if name not in columns:
            raise unknown("protected column", name, columns)


def _profiles(frame: pd.DataFrame, target: str, options: TableOptions) -> tuple[Profile, ...]:
    names = [str(name) for name in frame.columns if name != target]
    check_roles(options.columns, names)
    roles = {**options.split_roles, **options.columns}
    profiles = tuple(profile(frame[name], roles.get(name)) for name in names)
    if not any(found.is_learned for found in profiles):
        left = ", ".join(f"{found.name} ({found.role})" for found in profiles[:8]) or "none"
        raise UserError(
            f"No column is left to learn from, beside the target {target}: {left}.",
            hint="Give a role with --column NAME=numeric, or add columns.",
        )
    return profiles


def _fit(train: pd.DataFrame, profiles: tuple[Profile, ...], targets: np.ndarray | None) -> TablePreparation:
    identifiers = [found.name for found in profiles if found.role == "identifier"]
    return TablePreparation.fit(
        train,
        {found.name: found.role for found in profiles if found.is_learned},
        targets,
        identifiers[0] if len(identifiers) == 1 else None,
        {found.name: found.form for found in profiles if found.form},
    )


def _cut(
    parts: Parts,
    rows: np.ndarray,
    values: np.ndarray,
    rules: Rules,
    preparation: TablePreparation,
    protected: tuple[str, ...],
) -> Split:
    frame = parts.frame.iloc[rows]
    return Split(
        preparation.transform(frame),
        values[rows],
        tuple(map(str, parts.ids[rows])),
        {name: _kept(frame[name]) for name in protected},
        None if rules.groups is None else rules.groups[rows],
        None if rules.times is None else rules.times[rows],
    )


def _kept(column: pd.Series) -> np.ndarray:
    """Numbers where all are, else texts."""
    texts = as_texts(column)
    numbers = as_numbers(texts)
    if not np.isnan(numbers[texts.notna().to_numpy()]).any():
        return numbers
    return np.array(texts.astype(object).where(texts.notna(), None), object)


def _report(
    name: str,
    target: Target,
    profiles: tuple[Profile, ...],
    splits: Mapping[str, Split],
    notes: tuple[str, ...],
    warnings: tuple[str, ...],
) -> TableReport:
    ranges = {split: (float(part.targets.min()), float(part.targets.max())) for split, part in splits.items()}
    return TableReport(
        name=name,
        target=target.name,
        profiles=profiles,
        class_counts={
            label: {split: int((part.targets == place).sum()) for split, part in splits.items()}
            for place, label in enumerate(target.class_names)
        },
        split_counts={split: len(part) for split, part in splits.items()},
        target_ranges={} if target.class_names else ranges,
        notes=notes,
        warnings=warnings,
    )


def _digest_as_read(frame: pd.DataFrame) -> str:
    """Of raw rows, their target included: what they become depends on train. 5 is 5.0: train decides on that, too."""
    from pandas.util import hash_pandas_object

    digest = blake2b(digest_size=8)
    for name, column in frame.items():
        texts = as_texts(column)
        numbers = as_numbers(texts)
        words = texts.where(np.isnan(numbers)).fillna("")
        digest.update(str(name).encode() + np.nan_to_num(numbers, nan=0.0).tobytes())
        digest.update(hash_pandas_object(words, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _digest(splits: Mapping[str, Split]) -> str:
    digest = blake2b(digest_size=8)
    for part in splits.values():
        digest.update(str(part.inputs.shape).encode() + part.inputs.tobytes() + part.targets.tobytes())
    return digest.hexdigest()
