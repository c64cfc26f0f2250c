"""Cells as texts: the same whatever type they came in."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data.table.values import as_numbers, as_texts, decimal_mark


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([" 1 ", "1.0", "2", "n/a"]),
        pd.Series([1, 1, 2, None], dtype="Int64"),
        pd.Series([1.0, 1.0, 2.0, np.nan]),
        pd.Series([1.0, 1.0, 2.0, np.nan], dtype="float32"),
        pd.Series(["1", 1.0, 2, None], dtype=object),
        pd.Series(["1", "1.00", "2", None], dtype="category"),
    ],
    ids=["texts", "whole", "float64", "float32", "mixed", "category"],
)
def test_a_category_is_the_same_text_in_every_type(cells: "pd.Series[Any]") -> None:
    texts = as_texts(cells)
    assert texts[:3].tolist() == ["1", "1", "2"]
    assert texts.isna().tolist() == [False, False, False, True]


def test_fractions_and_yes_and_no_keep_their_spelling() -> None:
    assert as_texts(pd.Series([0.1, -2.5, 1e-3])).tolist() == ["0.1", "-2.5", "0.001"]
    assert as_texts(pd.Series([0.1], dtype="float32")).tolist() == ["0.1"]
    assert as_texts(pd.Series([True, False])).tolist() == ["True", "False"]


def test_rows_keep_their_numbers_and_their_name() -> None:
    texts = as_texts(pd.Series(["a", "b"], index=[7, 3], name="kind"))
    assert texts.index.tolist() == [7, 3]
    assert texts.name == "kind"


def test_a_column_without_rows_has_no_texts() -> None:
    assert as_texts(pd.Series([], dtype=object)).tolist() == []


def test_a_word_for_a_missing_value_may_be_kept() -> None:
    assert as_texts(pd.Series(["none", "nan"]), keep=("none",)).isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("texts", "mark", "numbers"),
    [
        (["1,5", "2,25", "3"], ",", [1.5, 2.25, 3]),
        (["1.234,50", "-0,5", "12.000"], ",", [1234.5, -0.5, 12000]),
        (["1.234.567", "2.000.000"], ",", [1234567, 2000000]),
        (["€ 1,50", "20,99 €"], ",", [1.5, 20.99]),
        (["1,200", "3,450"], ".", [1200, 3450]),
        (["1,200.50", "1.5"], ".", [1200.5, 1.5]),
        (["1 200", "12 345.5", "1\N{NO-BREAK SPACE}000"], ".", [1200, 12345.5, 1000]),
        (["1'200", "3\N{RIGHT SINGLE QUOTATION MARK}450.25"], ".", [1200, 3450.25]),
        (["1 200,5", "0,1"], ",", [1200.5, 0.1]),
        (["a,b", "c.d.e"], ".", [np.nan, np.nan]),
    ],
)
def test_decimal_marks_and_groups_are_recognised(texts: list[str], mark: str, numbers: list[float]) -> None:
    cells = pd.Series(texts, dtype="str")
    assert decimal_mark(cells) == mark
    np.testing.assert_array_equal(as_numbers(cells, mark), numbers)


def test_a_comma_and_a_point_mean_what_the_column_says() -> None:
    cells = pd.Series(["1.5", "1,200", "1,5", "1.200"], dtype="str")
    np.testing.assert_array_equal(as_numbers(cells), [1.5, 1200, np.nan, 1.2])
    np.testing.assert_array_equal(as_numbers(cells, ","), [np.nan, 1.2, 1.5, 1200])
