"""Messages that no class fits: rows of a label of their own, which models learn and a threshold is chosen by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from automl.data.split import SPLITS
from automl.data.text.read import read_messages
from automl.errors import UserError

LABEL = "out_of_scope"


@dataclass(frozen=True)
class Outside:
    """Such messages from files of their own.

    Args:
        texts: Raw rows' messages.
        ids: File and row of each.
        rows: Split -> numbers of its rows.
        note: How they were split, for people.
    """

    texts: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    rows: Mapping[str, np.ndarray] | None = None
    note: str = ""


def read_outside(
    files: Sequence[str], test: str | None, columns: Sequence[str], *, mask_pii: bool, seed: int
) -> Outside:
    """The messages of `files` in equal parts for train, validation and, where it has no file of its own, test.

    A threshold is chosen by those of validation, so that it needs as many as are learned from.

    Raises:
        UserError: A file can't be read, or has too few messages.
    """
    if not files:
        if test is not None:
            raise UserError(
                "--out-of-scope-test tests what --out-of-scope gives examples of to learn from.",
                hint="Add --out-of-scope FILE, or give this file with it: a third of it is tested on.",
            )
        return Outside()
    given = [read_messages(Path(file).expanduser(), columns, mask_pii=mask_pii) for file in files]
    texts, ids = _unique([message for part in given for message in part])
    parts = [split for split in SPLITS if split != "test" or test is None]
    if len(texts) < 2 * len(parts):
        raise UserError(
            f"--out-of-scope needs {2 * len(parts)} different messages at least, 2 for each of {', '.join(parts)}. "
            f"Got {len(texts)} in {', '.join(files)}.",
            hint="Add messages that no class fits.",
        )
    order = np.random.default_rng(seed).permutation(len(texts))
    rows = {split: np.sort(order[place :: len(parts)]) for place, split in enumerate(parts)}
    if test is not None:
        known = set(texts)
        tested = [(i, t) for i, t in read_messages(Path(test).expanduser(), columns, mask_pii=mask_pii) if t]
        rows["test"] = np.arange(len(texts), len(texts) + len(tested))
        overlap = sum(text in known for _, text in tested)
        ids += tuple(identifier for identifier, _ in tested)
        texts += tuple(text for _, text in tested)
    else:
        overlap = 0
    counts = ", ".join(f"{len(rows[split]):,} {split}" for split in SPLITS)
    note = f"Out of scope: {counts}" + (", of the test's file" if test is not None else f", split with seed {seed}")
    note += f"; {overlap:,} of test's are among those learned from" if overlap else ""
    return Outside(texts, ids, rows, f"{note}.")


def _unique(found: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts and ids of the messages that aren't empty, equal ones once."""
    first = {text: identifier for identifier, text in reversed(found) if text}
    kept = [(identifier, text) for identifier, text in found if text and first[text] == identifier]
    return tuple(text for _, text in kept), tuple(identifier for identifier, _ in kept)
