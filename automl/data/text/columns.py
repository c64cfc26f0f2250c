"""Which columns of a table are the message, and which one its label: told by the user, or by their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automl.data.table.roles import Profile, profile
from automl.data.table.target import check_column
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

LABELS = ("label", "intent", "category", "target", "class", "topic", "sentiment")
"""Names that columns of labels have, the likelier ones first."""
LETTER = r"[^\W\d_]"
REPEATED = 2
"""A label has so many rows on average, at least."""


@dataclass(frozen=True)
class Columns:
    """What was found.

    Args:
        text: Those of the message, in the order in which they are joined.
        target: That of the label.
        identifier: That which names a message, where there is one.
        inferred: What wasn't told, in a sentence for people; "" where all was.
    """

    text: tuple[str, ...]
    target: str
    identifier: str | None
    inferred: str


def find_columns(frame: pd.DataFrame, text: Sequence[str], target: str | None, given: str) -> Columns:
    """The columns of `frame`.

    Args:
        text, target: As the user names them; () and None: by their cells.
        given: What the frame was read from, for messages.

    Raises:
        UserError: A column that is named isn't there, or nothing tells which one is meant.
    """
    for name in text:
        check_column(frame, name, "--text")
    if target is not None:
        check_column(frame, target, "--target")
    if target in text:
        raise UserError(f"The column {target} can't be both, --text and --target.", hint="Name another --text.")
    free = [str(name) for name in frame.columns if name != target and name not in text]
    profiles = {name: profile(frame[name]) for name in free}
    label = target or _label(frame, profiles, bool(text), given)
    others = {name: found for name, found in profiles.items() if name != label}
    chosen = tuple(text) or _texts(frame, others, label, given)
    named = [name for name, found in others.items() if found.role == "identifier" and name not in chosen]
    told = [
        f"text from {' and '.join(chosen)} (--text)" if not text else "",
        f"label from {label} (--target)" if target is None else "",
    ]
    inferred = f"By their cells: {', '.join(filter(None, told))}." if any(told) else ""
    return Columns(chosen, label, named[0] if len(named) == 1 else None, inferred)


def _label(frame: pd.DataFrame, profiles: dict[str, Profile], text_is_known: bool, given: str) -> str:
    rows = len(frame)
    folded = {name.strip().lower(): name for name in profiles}
    for word in LABELS:
        if word in folded:
            return folded[word]
    repeated = [name for name, p in profiles.items() if p.role != "text" and 1 < p.distinct * REPEATED <= rows]
    if len(repeated) == 1:
        return repeated[0]
    if len(profiles) == 1 and text_is_known:
        return next(iter(profiles))
    raise UserError(
        f"Which column is the label? {given} has {', '.join(map(str, list(frame.columns)[:30]))}.",
        hint=f"Name it with --target, for example --target {(repeated or list(map(str, frame.columns)))[-1]}.",
    )


def _texts(frame: pd.DataFrame, profiles: dict[str, Profile], label: str, given: str) -> tuple[str, ...]:
    prose = tuple(name for name, found in profiles.items() if found.role == "text")
    if prose:
        return prose
    cells = {name: frame[name].dropna().astype(str) for name in profiles}
    words = {name: own.str.len().mean() for name, own in cells.items() if own.str.contains(LETTER).mean() > 0.5}
    if not words:
        raise UserError(
            f"No column of {given} holds texts, beside the label {label}: "
            f"{', '.join(f'{name} ({p.role})' for name, p in list(profiles.items())[:12]) or 'there is no other'}.",
            hint="Name it with --text COLUMN; tables of numbers and categories are for --domain tables.",
        )
    return (max(words, key=lambda name: words[name]),)
