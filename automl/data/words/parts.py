"""The sentences of all files, and which of them train, validate and test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from automl.data.split import SPLITS, Wording, split_groups, split_off
from automl.data.table.parts import SPLIT_NAMES
from automl.data.table.splits import WEIGHTS
from automl.data.words.read import LABELLED, is_sentences, read_sentences
from automl.data.words.sentence import Sentence
from automl.data.words.tags import kind_of
from automl.errors import UserError

NAMES = SPLIT_NAMES | {"dev": "val"}
"""Of files in a folder."""
FEWEST = 10
"""Sentences with a type of entities from which on each split has its share of them."""
DOCUMENTS = Wording("sentences", "documents", "Lines of -DOCSTART- begin documents.")


@dataclass(frozen=True)
class Sentences:
    """Those of each split, with what was noted on the way.

    Args:
        groups: Of each split the number of each sentence's document; None where nothing tells documents apart.
    """

    splits: Mapping[str, Sequence[Sentence]]
    groups: Mapping[str, np.ndarray] | None
    notes: tuple[str, ...]


def read_parts(path: Path, test: Path | None, seed: int) -> Sentences:
    """The sentences of a file, or of a folder with files for train, val (or dev) and test; what isn't given is split
    off, no document being torn apart.

    Raises:
        UserError: A file can't be read, there are no entities, or too few sentences.
    """
    given: dict[str, list[Sentence]] = {}
    notes = []
    for split, file in _files(path, test).items():
        given[split], note = read_sentences(file)
        notes.append(note)
    if not any(tag != "O" for sentence in given["train"] for tag in sentence.tags):
        raise UserError(
            f"{path} has no entity: each of its words has the tag O. There is nothing to learn.",
            hint="The tags must stand in the last column.",
        )
    missing = [split for split in SPLITS if split not in given]
    rest = given["train"]
    documents = np.array([sentence.document for sentence in rest])
    count = len(np.unique(documents))
    whole = count > max(1, len(missing))
    if 1 < count <= len(missing):
        notes.append(f"{count} documents are too few for {len(missing) + 1} splits: they are torn apart.")
    groups = {split: np.array([one.document for one in own]) for split, own in given.items()} if whole else None
    if missing:
        rows, how = _split(rest, documents if whole else None, missing, seed)
        given |= {split: [rest[row] for row in own] for split, own in rows.items()}
        groups = groups and groups | {split: documents[own] for split, own in rows.items()}
        what = "The sentences were" if len(missing) == 2 else "Train was"
        shares = ", ".join(f"{len(own) / len(rest):.2g} {split}" for split, own in rows.items())
        notes.append(f"{what} split {how} with seed {seed}: {shares}.")
    return Sentences({split: given[split] for split in SPLITS}, groups, tuple(filter(None, notes)))


def _files(path: Path, test: Path | None) -> dict[str, Path]:
    """The file of each split that has one; train first."""
    if not path.is_dir():
        return {"train": path} | ({"test": test} if test else {})
    found: dict[str, Path] = {}
    for file in sorted(file for file in path.iterdir() if is_sentences(file)):
        split = NAMES.get(file.name.partition(".")[0].lower())
        if split in found:
            raise UserError(
                f"{path} has two files for {split}: {found[split].name} and {file.name}.", hint="Keep one of them."
            )
        if split:
            found[split] = file
    if "train" not in found:
        raise UserError(
            f"A folder of labelled words holds train, dev and test files ({', '.join(LABELLED)}); {path} has no "
            "train file.",
            hint="Name a file: --data FOLDER/sentences.conll.",
        )
    return found | ({"test": test} if test else {})


def _split(
    sentences: Sequence[Sentence], documents: np.ndarray | None, missing: Sequence[str], seed: int
) -> tuple[dict[str, np.ndarray], str]:
    """Row numbers of train and of what is missing, and how they were found."""
    if len(sentences) < 3 * (len(missing) + 1):
        raise UserError(
            f"{len(sentences)} sentences are too few to be split into {len(missing) + 1} parts.", hint="Add sentences."
        )
    if documents is not None:
        _, numbers = np.unique(documents, return_inverse=True)
        alike = np.zeros(len(sentences), np.int64)
        ones = np.ones(len(sentences), np.int64)
        parts = split_groups(alike, ones, numbers, missing, seed, ("all",), weights=WEIGHTS, wording=DOCUMENTS)
        return parts, "by document, none torn apart,"
    kinds = [{kind_of(tag) for tag in sentence.tags if tag != "O"} for sentence in sentences]
    counts = Counter(kind for own in kinds for kind in own)
    names = ["", *(kind for kind, count in counts.items() if count >= FEWEST)]
    rarest = [min((kind for kind in own if kind in names), key=counts.__getitem__, default="") for own in kinds]
    labels = np.array([names.index(kind) for kind in rarest])
    sizes = np.bincount(labels)
    labels[sizes[labels] < FEWEST] = sizes.argmax()
    _, labels = np.unique(labels, return_inverse=True)
    held = tuple(map(str, range(labels.max() + 1)))
    return split_off(labels, missing, seed, held, WEIGHTS), "by the types of entities in them"
