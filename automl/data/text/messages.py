"""Cells of a table as messages: joined, without what no message has, masked where that is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from automl.data.table.target import check_column

if TYPE_CHECKING:
    import pandas as pd

BROKEN = "\ufffd"
"""What stands in the place of bytes that are no UTF-8."""
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff" + BROKEN + "]+")
"""Control characters apart from tabs and line breaks, halves of characters, and what was broken."""


def messages(frame: pd.DataFrame, columns: Sequence[str], *, mask_pii: bool = False) -> list[str]:
    """The columns' texts of each row, joined by a line break; "" where all cells are empty.

    Args:
        mask_pii: Whether personal data are masked, see `automl.data.text.masking`.

    Raises:
        UserError: A column is missing, or masking needs a package that isn't installed.
    """
    texts = [CONTROL.sub(" ", text).strip() for text in joined(frame, columns)]
    if mask_pii:
        from automl.data.text.masking import mask

        return mask(texts)
    return texts


def joined(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """The columns' texts of each row as they are, with a line break between them.

    Raises:
        UserError: A column is missing.
    """
    for name in columns:
        check_column(frame, name, "--text")
    cells = frame[list(columns)].astype(object)
    rows = cells.where(cells.notna(), "").astype(str).to_numpy(object).tolist()
    return ["\n".join(filter(str.strip, row)) for row in rows]


def excerpt(text: str, limit: int = 90) -> str:
    """A message in one line, for people."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
