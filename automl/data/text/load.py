"""From messages and their labels to a `Dataset`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from automl.components.task import Task
from automl.data.dataset import Dataset, Split
from automl.data.split import SPLITS
from automl.data.table.load import check_known
from automl.data.table.rules import read_rules
from automl.data.table.splits import Rules, split_rows
from automl.data.table.target import Target
from automl.data.text.checks import check_messages
from automl.data.text.options import TextOptions
from automl.data.text.outside import LABEL, Outside, read_outside
from automl.data.text.preparation import TextPreparation
from automl.data.text.report import Lengths, TextReport
from automl.data.text.rows import rows_of
from automl.data.text.source import Source, read_source


def load_text(
    path: str | Path, options: TextOptions, *, task_kind: str, allow_corrupt: bool = False, seed: int = 0
) -> Dataset:
    """Read, check, split and prepare messages.

    Args:
        path: A CSV, TSV, Parquet or JSON lines file, a folder with such files for train, val and test, or a folder of
            text files with a folder per class, below train/ val/ test/ or without.
        task_kind: text-classification.
        allow_corrupt: Go on where more than 5 % of the rows have no label or no text.
        seed: Of the splits that there are no files for.

    Raises:
        UserError: The data can't be used; the message says what was found where.
    """
    path = Path(path).expanduser()
    source = read_source(path, options, allow_corrupt)
    parts, columns = source.parts, source.columns
    outside = read_outside(
        options.out_of_scope, options.out_of_scope_test, columns.text, mask_pii=options.mask_pii, seed=seed
    )
    known = parts.frame.iloc[: -len(parts.given["test"])] if "test" in parts.given else parts.frame
    target = Target.of(known[columns.target], task_kind)
    values = target.values(parts.frame[columns.target])
    check_known(parts, target, values)
    rules = read_rules(parts.frame, options.group, options.time_column)
    rows, notes = split_rows(parts.given, values, target, rules, seed)
    names = target.class_names
    if outside.texts and (label := options.rejects or LABEL) not in names:
        names = (*names, label)
    splits = _splits(source, values, rules, rows, outside, names.index(label) if outside.texts else -1)
    preparation = TextPreparation.fit(splits["train"][0], columns.text, columns.identifier, mask_pii=options.mask_pii)
    made = {split: replace(own, inputs=rows_of(texts)) for split, (texts, own) in splits.items()}
    texts = {split: texts for split, (texts, _) in splits.items()}
    return Dataset(
        name=path.stem,
        task=Task(
            kind=task_kind,
            num_outputs=len(names),
            input_shape=preparation.shape,
            class_names=names,
            vocabulary_size=preparation.vocabulary_size,
        ),
        train=made["train"],
        val=made["val"],
        test=made["test"],
        preparation=preparation,
        report=TextReport(
            name=path.stem,
            columns=columns.text,
            target=columns.target,
            class_counts={
                name: {split: int((part.targets == place).sum()) for split, part in made.items()}
                for place, name in enumerate(names)
            },
            split_counts={split: len(part) for split, part in made.items()},
            lengths=Lengths.of(texts["train"], preparation.tokenize(texts["train"])),
            notes=tuple(filter(None, (columns.inferred, *parts.notes, *notes, outside.note))),
            warnings=check_messages(texts, {split: part.targets for split, part in made.items()}, names),
        ),
        digest=_digest(made),
        test_digest=_digest({"test": made["test"]}),
    )


def _splits(
    source: Source, values: np.ndarray, rules: Rules, rows: Mapping[str, np.ndarray], outside: Outside, label: int
) -> dict[str, tuple[list[str], Split]]:
    """Each split's texts, and the split, its inputs still to be made of them."""
    splits = {}
    for split in SPLITS:
        own = rows[split]
        more = outside.rows[split] if outside.rows else np.zeros(0, np.int64)
        apart = np.arange(len(more)) + (0 if rules.groups is None else rules.groups.max() + 1 + len(outside.texts))
        splits[split] = (
            [source.texts[row] for row in own] + [outside.texts[row] for row in more],
            Split(
                np.zeros(0),
                np.concatenate([values[own], np.full(len(more), label)]),
                (*map(str, source.parts.ids[own]), *(outside.ids[row] for row in more)),
                {},
                None if rules.groups is None else np.concatenate([rules.groups[own], apart]),
                None if rules.times is None else np.concatenate([rules.times[own], np.full(len(more), np.nan)]),
            ),
        )
    return splits


def _digest(splits: Mapping[str, Split]) -> str:
    digest = blake2b(digest_size=8)
    for part in splits.values():
        digest.update(str(part.inputs.shape).encode() + part.inputs.tobytes() + part.targets.tobytes())
    return digest.hexdigest()
