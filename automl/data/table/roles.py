"""What each column is: told by the user, or by its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from automl.data.table.dates import ISO, date_formats
from automl.data.table.values import NO, YES, as_numbers, as_texts, decimal_mark
from automl.errors import UserError, unknown

if TYPE_CHECKING:
    import pandas as pd

LEARNED = ("numeric", "boolean", "categorical", "date", "text")
ROLES = (*LEARNED, "identifier", "constant", "ignore")
"""What can be given, too. The last three aren't learned from."""
SPLIT_ROLES = ("group", "time")
"""Of the columns that a split goes by, unless they are given another role."""

SHARE = 0.95
"""So many of the cells (of the distinct texts, for dates) must be what a column is said to be."""
UNIQUE = 0.99
"""An identifier is different in so many rows."""
FEW_ROWS = 20
"""Below that, different cells in all rows mean nothing."""
WORDS, LETTERS = 4, 40
"""A text has at least so many words, or letters, on average."""
RECURRING = 0.1
"""Categories that come again have at least so many of the rows, or the column tells rows apart, not kinds of them."""
NONE_OF = {"numeric": "no number", "boolean": "neither yes nor no", "date": "no date as training has them"}
"""What is said of cells that a column of such a role can't read."""

MOST_SPELLINGS = 20
"""Of yes and no in one column: Yes, YES, yes."""

_IDENTIFIER = re.compile(r"(.*[_\W])?(id|uuid|guid|key|index|idx|row|rownum|nr|number|no|column_1)", re.IGNORECASE)
_CODE = re.compile(r"0\d+")
_ONE_GROUP = re.compile(r"\D*\d{1,3},\d{3}\D*")


@dataclass(frozen=True)
class Profile:
    """What is known of a column.

    Args:
        given: Whether the user has told the role.
        missing: How many cells are.
        distinct: How many different values the others have.
        shown: Of what they are, for people: a range, or examples.
        note: What should be known about how it is read.
        form: Of dates their format; of numbers "," where that is the decimal mark.
    """

    name: str
    role: str
    given: bool
    missing: int
    distinct: int
    shown: str
    note: str = ""
    form: str = ""

    @property
    def is_learned(self) -> bool:
        return self.role in LEARNED


def profile(column: pd.Series, given: str | None = None) -> Profile:
    """What a column is.

    Raises:
        UserError: Its cells can't be read as the role given.
    """
    cells = _Cells.of(column)
    role, note, form = _given(cells, given) if given else _inferred(cells)
    is_given = given is not None and given not in SPLIT_ROLES
    return Profile(cells.name, role, is_given, cells.missing, len(cells.texts), cells.shown(role), note, form)


def check_roles(given: Mapping[str, str], names: list[str]) -> None:
    """Raises UserError where a role, or a column that one is given to, doesn't exist."""
    for name, role in given.items():
        if role not in ROLES:
            raise unknown(f"role of the column {name}", role, ROLES)
        if name not in names:
            raise unknown("column", name, names)


@dataclass(frozen=True)
class _Cells:
    """The different cells of a column.

    Args:
        texts: Each once, none missing; in the order of their first row.
        counts: How many rows have them.
        numbers: What they are as numbers, NaN where they are none.
        decimal: The decimal mark that they are read with.
        kind: Of the dtype: "text", "number", "boolean" or "date".
    """

    name: str
    texts: np.ndarray
    counts: np.ndarray
    numbers: np.ndarray
    decimal: str
    missing: int
    kind: str

    @classmethod
    def of(cls, column: pd.Series) -> _Cells:
        import pandas as pd

        codes, distinct = pd.factorize(column)
        # Cells that differ in spaces alone, or are missing in words, are told apart only now.
        read = as_texts(pd.Series(distinct, dtype=distinct.dtype))
        inner, texts = pd.factorize(read)
        found = np.append(inner, -1)[codes]
        counts = np.bincount(found[found >= 0], minlength=len(texts))
        kept, kind = pd.Series(texts, dtype="str"), _kind(column)
        mark = decimal_mark(kept) if kind == "text" else "."
        missing = int((found < 0).sum())
        return cls(str(column.name), kept.to_numpy(object), counts, as_numbers(kept, mark), mark, missing, kind)

    @property
    def known(self) -> int:
        """How many cells aren't missing."""
        return int(self.counts.sum())

    def share(self, chosen: np.ndarray) -> float:
        """Of the rows whose cell isn't missing, how many have one of those chosen."""
        return float(self.counts[chosen].sum() / max(1, self.known))

    def shown(self, role: str) -> str:
        """What the cells are, for people."""
        numbers = self.numbers[~np.isnan(self.numbers)]
        if role == "numeric" and len(numbers):
            return f"{numbers.min():.6g} to {numbers.max():.6g}"
        if role == "date" and len(self.texts):
            return f"{min(self.texts)} to {max(self.texts)}" if self.kind == "date" else f"{self.texts[0]}, ..."
        order = np.argsort(-self.counts, kind="stable")[:3]
        return ", ".join(_short(text) for text in self.texts[order]) + ", ..." * (len(self.texts) > 3)


def _kind(column: pd.Series) -> str:
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

    if is_bool_dtype(column.dtype):
        return "boolean"
    if is_datetime64_any_dtype(column.dtype):
        return "date"
    return "number" if is_numeric_dtype(column.dtype) else "text"


Found = tuple[str, str, str]
"""Role, note, form: see `Profile`."""


def _inferred(cells: _Cells) -> Found:
    if not len(cells.texts):
        return "constant", "all cells are empty", ""
    if len(cells.texts) == 1 and not cells.missing:
        return "constant", "one value in all rows", ""
    if _are_booleans(cells):
        return "boolean", "", ""
    if cells.kind == "date":
        return "date", "", ISO
    if numeric := _as_numeric(cells):
        return numeric
    if cells.kind == "text" and (formats := date_formats(list(cells.texts))):
        return _as_date(formats)
    return _as_text(cells)


def _are_booleans(cells: _Cells) -> bool:
    words = {text.lower() for text in cells.texts[:MOST_SPELLINGS]}
    both = words & set(YES) and words & set(NO)
    few = len(cells.texts) <= MOST_SPELLINGS
    return bool(cells.kind == "boolean" or (few and len(words) == 2 and both and words <= {*YES, *NO}))


def _as_numeric(cells: _Cells) -> Found | None:
    numbers = ~np.isnan(cells.numbers)
    if cells.share(numbers) < SHARE or any(_CODE.fullmatch(text) for text in cells.texts[:1000]):
        return None
    if _numbers_rows(cells):
        return "identifier", "another number in each row", ""
    return _read_numbers(cells, numbers)


def _read_numbers(cells: _Cells, numbers: np.ndarray) -> Found:
    notes = [_left_out(cells, numbers, NONE_OF["numeric"]), _commas(cells)]
    return "numeric", "; ".join(filter(None, notes)), "," if cells.decimal == "," else ""


def _commas(cells: _Cells) -> str:
    """How they are read, where that could be doubted."""
    with_comma = [text for text in cells.texts if "," in text] if cells.kind == "text" else []
    if cells.decimal == ",":
        return f"the comma is the decimal mark, as in {_short((with_comma or list(cells.texts))[0])}"
    if with_comma and all(_ONE_GROUP.fullmatch(text) for text in with_comma) and not any("." in t for t in cells.texts):
        return f"{with_comma[0]} is read as {with_comma[0].replace(',', '')}"
    return ""


def _numbers_rows(cells: _Cells) -> bool:
    """Whole numbers, all different: by name an identifier, or as dense as row numbers are."""
    numbers = cells.numbers
    if cells.known < FEW_ROWS or len(numbers) < cells.known or not np.array_equal(numbers, np.round(numbers)):
        return False
    dense = numbers.max() - numbers.min() < 1.5 * len(numbers)
    return bool(dense or _IDENTIFIER.fullmatch(cells.name))


def _as_date(formats: list[str]) -> Found:
    chosen = formats[0]
    swapped = chosen.replace("%d", "%-").replace("%m", "%d").replace("%-", "%m")
    return "date", "read as day, month, year; month, day, year fits, too" if swapped in formats[1:] else "", chosen


def _as_text(cells: _Cells) -> Found:
    unique = cells.known >= FEW_ROWS and len(cells.texts) >= UNIQUE * cells.known
    if len(cells.texts) >= FEW_ROWS and _is_prose(cells):
        return "text", "", ""
    if unique:
        return "identifier", "another text in each row", ""
    if cells.known >= FEW_ROWS and cells.share(cells.counts > 2) < RECURRING:
        return "identifier", "nearly every row has a text of its own", ""
    return "categorical", "", ""


def _is_prose(cells: _Cells) -> bool:
    sample = cells.texts[:1000]
    words = np.mean([len(text.split()) for text in sample])
    letters = np.mean([len(text) for text in sample])
    return bool(words >= WORDS or (letters >= LETTERS and words > 1))


def _given(cells: _Cells, role: str) -> Found:
    if role == "numeric":
        numbers = ~np.isnan(cells.numbers)
        _check_share(cells, numbers, role)
        return _read_numbers(cells, numbers)
    if role == "boolean":
        known = np.array([text.lower() in (*YES, *NO) for text in cells.texts], dtype=bool)
        _check_share(cells, known, role)
        return role, _left_out(cells, known, NONE_OF[role]), ""
    if role == "date":
        formats = [ISO] if cells.kind == "date" else date_formats(list(cells.texts))
        if not formats:
            _check_share(cells, np.zeros(len(cells.texts), bool), role)
        return _as_date(formats)
    return role, "", ""


def _check_share(cells: _Cells, fitting: np.ndarray, role: str) -> None:
    if cells.share(fitting) < SHARE or not len(cells.texts):
        examples = ", ".join(_short(text) for text in cells.texts[~fitting][:3]) or "empty cells"
        what = {"numeric": "numbers", "boolean": "yes or no (also true, 1, ...)", "date": "dates of one format"}[role]
        raise UserError(
            f"The column {cells.name} was said to be {role}, so at least {SHARE:.0%} of its cells must be {what}. "
            f"Got {examples}.",
            hint=f"Leave the role out, or give another: --column {cells.name}=categorical.",
        )


def _left_out(cells: _Cells, fitting: np.ndarray, what: str) -> str:
    count = int(cells.counts[~fitting].sum())
    return f"{count:,} cells are {what} and count as missing, e.g. {_short(cells.texts[~fitting][0])}" if count else ""


def _short(text: str, limit: int = 20) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
