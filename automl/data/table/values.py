"""Cells as texts, numbers and yes or no: the same, whether they were read from a CSV file or a typed one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MISSING = ("", "?", "-", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "<na>", "nat", "missing", "#null!")
"""What stands for a missing value in a file of text, in lower case."""

YES = ("true", "yes", "y", "t", "on", "1")
NO = ("false", "no", "n", "f", "off", "0")

_WHOLE = r"^(-?(?:0|[1-9]\d*))\.0+$"
_GROUPED = re.compile(r"([-+]?)[$€£¥]?\s?(\d{1,3}(?:,\d{3})+|\d{1,3}(?:[\s'\u2019]\d{3})+|\d+)(\.\d+)?\s?[%$€£¥]?")

_NO_DIGIT = re.compile(r"\D")


def as_texts(column: pd.Series, *, keep: Sequence[str] = ()) -> pd.Series:
    """The cells without spaces around them; whole numbers without a point, whatever type they have; NaN where missing.

    So a category is the same text in a CSV file ("1", or "1.0" beside missing values) and in a typed one (1, or 1.0).

    Args:
        keep: Words of `MISSING` that are values here.
    """
    import pandas as pd
    import pyarrow as pa

    codes, distinct = pd.factorize(column)
    texts = _texts(distinct, frozenset(MISSING) - frozenset(keep)).take(pa.array(codes, mask=codes < 0))
    cells = pd.StringDtype(na_value=np.nan).__from_arrow__(texts)
    return pd.Series(cells, index=column.index, name=column.name)


def _texts(values: Any, absent: Iterable[str]) -> pa.Array:
    """Of the values of one dtype, none missing, each as a text; null where that is one of `absent`."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_numeric_dtype(values.dtype) and not is_bool_dtype(values.dtype):
        return pc.cast(pa.array(values), pa.large_string())  # 1.0 as 1, without spaces
    texts = pa.array(values if isinstance(values.dtype, pd.StringDtype) else map(str, values), pa.large_string())
    return pc.replace_substring_regex(_trimmed(texts, absent), _WHOLE, r"\1")


def as_numbers(column: pd.Series, decimal: str = ".") -> np.ndarray:
    """float64 (N,): NaN where a cell is missing or no number.

    Args:
        column: Texts may have thousands in groups (1,200.50; 1 200.50; 1'200.50), a sign of a currency or of per cent.
        decimal: The decimal mark of texts: "." or "," (1.200,50).
    """
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_bool_dtype(column.dtype) or is_numeric_dtype(column.dtype):
        numbers: np.ndarray = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == object:
        column = as_texts(column)
    elif not isinstance(column.dtype, pd.StringDtype):  # dates
        return np.full(len(column), np.nan)
    return _parsed(column, decimal)


def _parsed(column: pd.Series, decimal: str) -> np.ndarray:
    """Of texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(column, from_pandas=True).cast(pa.large_string())
    if decimal == ",":
        for mark, other in ((",", "\0"), (".", ","), ("\0", ".")):
            texts = pc.replace_substring(texts, mark, other)
    try:  # Most columns are clean.
        return _to_numpy(pc.cast(texts, pa.float64()))
    except pa.ArrowInvalid:
        texts = _trimmed(texts)
    try:
        return _to_numpy(pc.cast(texts, pa.float64()))
    except pa.ArrowInvalid:
        pass
    # Cell by cell, but each distinct text once.
    encoded = pc.dictionary_encode(texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts)
    distinct = np.array([*map(_number, encoded.dictionary.to_pylist()), np.nan])
    numbers: np.ndarray = distinct[encoded.indices.fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)]
    return numbers


def _trimmed(texts: pa.Array, absent: Iterable[str] = MISSING) -> pa.Array:
    """Without spaces around them, null where one stands for a missing value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_trim_whitespace(texts)
    missing = pc.is_in(pc.utf8_lower(texts), pa.array(absent, pa.large_string()))
    return pc.if_else(missing, None, texts)


def _to_numpy(array: pa.Array) -> np.ndarray:
    import pyarrow.compute as pc

    numbers: np.ndarray = pc.fill_null(array, np.nan).to_numpy()
    return numbers


def _number(text: str) -> float:
    try:
        return float(text) if "_" not in text else np.nan  # Python's 1_000 is a name in data
    except ValueError:
        grouped = _GROUPED.fullmatch(text)
        return float(f"{grouped[1]}{_NO_DIGIT.sub('', grouped[2])}{grouped[3] or ''}") if grouped else np.nan


def decimal_mark(texts: pd.Series) -> str:
    """ "," where more of the texts (distinct, none missing) are numbers that way (1,5; 1.200,50) than with a point."""
    marked = texts[texts.str.contains(r",|\..*\.")]
    if not len(marked):
        return "."
    return max(".,", key=lambda mark: int((~np.isnan(as_numbers(marked, mark))).sum()))


def unread(column: pd.Series, numbers: np.ndarray) -> pd.Series:
    """The texts of the cells that aren't missing and still became NaN in `numbers`, (N,)."""
    return as_texts(column[np.isnan(numbers)]).dropna()


def natural(text: str) -> tuple[float, str]:
    """A key to sort by: numbers by size, before other texts."""
    number = _number(text)
    return (np.inf if np.isnan(number) else number), text


def as_booleans(column: pd.Series) -> np.ndarray:
    """float64 (N,): 1 for yes, 0 for no, NaN where a cell is missing or neither."""
    import pandas as pd

    codes, distinct = pd.factorize(as_texts(column))
    meaning = {**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0)}
    booleans: np.ndarray = np.array([*(meaning.get(text.lower(), np.nan) for text in distinct), np.nan])[codes]
    return booleans
