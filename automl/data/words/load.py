"""From sentences whose words have labels to a `Dataset`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from automl.components.task import Task
from automl.data.dataset import Dataset, Split
from automl.data.table.values import natural
from automl.data.text.copies import Messages, copies
from automl.data.text.options import TextOptions
from automl.data.text.preparation import TextPreparation
from automl.data.text.report import Lengths
from automl.data.words.laid import Laid
from automl.data.words.parts import Sentences, read_parts
from automl.data.words.report import WordsReport
from automl.data.words.tags import class_names
from automl.errors import UserError

MOST_WORDS = 100
"""Of a row: longer sentences are read in parts. Each encoder reads so many."""
COLUMN = "text"
"""Of a table of messages to predict."""
FEW = 5
TAGS_OF = {"text": "--text", "target": "--target", "time_column": "--time-column", "group": "--group"}


def load_words(path: str | Path, options: TextOptions, *, task_kind: str, seed: int = 0) -> Dataset:
    """Read, check, split and prepare sentences whose words have labels.

    Args:
        path: A file of CoNLL's form or JSON lines, or a folder with such files for train, val (or dev) and test.
        task_kind: token-classification.
        seed: Of the splits that there are no files for.

    Raises:
        UserError: The data can't be used; the message says what was found where.
    """
    _check_options(options)
    path = Path(path).expanduser()
    test = None if options.test is None else Path(options.test).expanduser()
    source = read_parts(path, test, seed)
    rows = {split: Laid.of(sentences, MOST_WORDS) for split, sentences in source.splits.items()}
    found = {split: own.entities for split, own in rows.items()}
    kinds = sorted({kind for counts in found.values() for kind in counts}, key=natural)
    names = class_names(kinds)
    longest = max(len(words) for own in rows.values() for words in own.words)
    preparation = TextPreparation.fit_words(rows["train"].texts, COLUMN, longest)
    splits = {split: _split(own, names, longest, source, split) for split, own in rows.items()}
    texts = {split: own.texts for split, own in rows.items()}
    cut = sum(len(own.words) - len(source.splits[split]) for split, own in rows.items())
    notes = [f"Sentences of more than {MOST_WORDS} words are read in parts: {cut:,} rows more."] if cut else []
    return Dataset(
        name=path.stem,
        task=Task(
            kind=task_kind,
            num_outputs=len(names),
            input_shape=preparation.shape,
            class_names=names,
            vocabulary_size=preparation.vocabulary_size,
        ),
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        preparation=preparation,
        report=WordsReport(
            name=path.stem,
            entities={kind: {split: counts[kind] for split, counts in found.items()} for kind in kinds},
            counts={
                "sentences": {split: len(sentences) for split, sentences in source.splits.items()},
                "words": {split: sum(map(len, own.words)) for split, own in rows.items()},
            },
            lengths=Lengths.of(texts["train"], np.abs(preparation.tokenize(texts["train"]))),
            notes=(*source.notes, *notes),
            warnings=(*copies({s: Messages(own, [""] * len(own)) for s, own in texts.items()}), *_rare(found, kinds)),
        ),
        digest=_digest(splits),
        test_digest=_digest({"test": splits["test"]}),
    )


def _check_options(options: TextOptions) -> None:
    """Refuses what is for messages that have one label."""
    given = {flag: getattr(options, key) for key, flag in TAGS_OF.items()}
    given |= {"--out-of-scope": options.out_of_scope, "--out-of-scope-test": options.out_of_scope_test}
    given |= {"--out-of-scope-label": options.rejects, "--mask-pii": options.mask_pii}
    for flag in (flag for flag, value in given.items() if value):
        raise UserError(
            f"{flag} is for messages with one label each; of token-classification each word has a label.",
            hint=f"Leave out {flag}.",
        )


def _split(rows: Laid, names: Sequence[str], width: int, source: Sentences, split: str) -> Split:
    ids = tuple(f"line {source.splits[split][number].where}" for number in rows.sentences)
    groups = None if source.groups is None else source.groups[split][rows.sentences]
    return Split(rows.inputs, rows.targets(names, width), ids, groups=groups)


def _rare(found: Mapping[str, Mapping[str, int]], kinds: Sequence[str]) -> list[str]:
    warnings = []
    rare = [f"{kind} ({found['train'].get(kind, 0)})" for kind in kinds if found["train"].get(kind, 0) < FEW]
    if rare:
        warnings.append(
            f"{', '.join(rare[:5])}{', ...' * (len(rare) > 5)}: fewer than {FEW} entities in train. What is said of "
            "such types is mostly chance: add sentences, or put types together."
        )
    for split in ("val", "test"):
        absent = [kind for kind in kinds if not found[split].get(kind, 0)]
        if absent:
            warnings.append(f"{split} has no entities of {', '.join(absent[:5])}{', ...' * (len(absent) > 5)}.")
    return warnings


def _digest(splits: Mapping[str, Split]) -> str:
    digest = blake2b(digest_size=8)
    for part in splits.values():
        digest.update(str(part.inputs.shape).encode() + part.inputs.tobytes() + part.targets.tobytes())
    return digest.hexdigest()
