"""What a column is, and the dates, prose and frames among them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data import TablePreparation
from automl.data.table.dates import date_formats
from automl.data.table.frames import as_pandas, write_frame
from automl.data.table.read import read_table
from automl.data.table.roles import profile
from automl.errors import UserError

COUNT = 60


@pytest.mark.parametrize(
    ("name", "cells", "role"),
    [
        ("age", [20.5, 31] * 30, "numeric"),
        ("age", ["20", "31", "?"] * 20, "numeric"),
        ("amount", ["$1,200", "$5"] * 30, "numeric"),
        ("amount", ["1"] * 58 + ["unknown", "2"], "numeric"),
        ("zip", ["01234", "98765"] * 30, "categorical"),
        ("owner", ["yes", "no"] * 30, "boolean"),
        ("owner", [True, False] * 30, "boolean"),
        ("flag", [0, 1] * 30, "boolean"),
        ("sex", ["f", "m"] * 30, "categorical"),
        ("day", ["2024-01-31", "2024-02-28 10:00"] * 30, "date"),
        ("day", ["31/01/2024", "02/03/2024"] * 30, "date"),
        ("day", list(pd.date_range("2024-01-01", periods=COUNT)), "date"),
        ("note", [f"the customer has called us {number} times" for number in range(COUNT)], "text"),
        ("code", [f"A-{number}" for number in range(COUNT)], "identifier"),
        ("row", list(range(100, 100 + COUNT)), "identifier"),
        ("loan_id", list(range(0, 100 * COUNT, 100)), "identifier"),
        ("population", list(range(0, 100 * COUNT, 100)), "numeric"),
        ("same", ["x"] * COUNT, "constant"),
        ("none", [None] * COUNT, "constant"),
    ],
)
def test_a_columns_role_is_told_by_its_cells(name: str, cells: list[Any], role: str) -> None:
    assert profile(pd.Series(cells, name=name)).role == role


def test_cells_that_do_not_fit_are_said() -> None:
    found = profile(pd.Series(["1"] * 58 + ["unknown", "2"], name="amount"))
    assert found.note == "1 cells are no number and count as missing, e.g. unknown"


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["2024-01-31"], ["ISO8601"]),
        (["31/01/2024", "01/02/2024"], ["%d/%m/%Y"]),
        (["01/02/2024", "03/04/2024"], ["%d/%m/%Y", "%m/%d/%Y"]),
        (["Dec-2011", "Jan-2015"], ["%b-%Y"]),
        (["10+ years", "3 years"], []),
        (["red"], []),
    ],
)
def test_dates_are_found_by_their_format(texts: list[str], formats: list[str]) -> None:
    assert date_formats(texts) == formats


def test_dates_become_numbers_of_which_seasons_can_be_read() -> None:
    days = pd.DataFrame({"day": pd.date_range("2023-12-30", periods=4).strftime("%d/%m/%Y")})
    preparation = TablePreparation.fit(days, {"day": "date"}, forms={"day": "%d/%m/%Y"})
    assert preparation.features == ("day days", "day year", "day month", "day day", "day day_of_week")
    rows = preparation.transform(pd.DataFrame({"day": ["02/01/2024", "", "soon"]}))
    np.testing.assert_array_equal(rows, [[3, 2024, 1, 2, 1], [np.nan] * 5, [np.nan] * 5])


def test_prose_becomes_its_length_and_topics() -> None:
    notes = pd.DataFrame({"note": ["paid late again", "paid in time", "moved house twice", "house sold"] * 5})
    preparation = TablePreparation.fit(notes, {"note": "text"})
    rows = preparation.transform(notes)
    assert preparation.features[:2] == ("note letters", "note words") and rows.shape[1] > 3
    np.testing.assert_array_equal(rows[:2, :2], [[15, 3], [12, 3]])
    topics = rows[:, 2:] / np.linalg.norm(rows[:, 2:], axis=1, keepdims=True)
    assert topics[0] @ topics[1] > topics[0] @ topics[2] + 0.1
    assert np.isnan(preparation.transform(pd.DataFrame({"note": [""]}))).all()


def test_a_frame_is_written_once_and_read_as_it_was(tmp_path: Path) -> None:
    rows = pd.DataFrame({"x": [1.5, None], "mixed": [1, "a"], 3: ["u", "v"]}, index=[5, 9])
    path, again = write_frame(rows, tmp_path / "frames"), write_frame(rows, tmp_path / "frames")
    assert path == again and [*path.parent.iterdir()] == [path]
    read = read_table(path)
    assert list(read.columns) == ["x", "mixed", "3"] and list(read["mixed"]) == ["1", "a"]


def test_a_polars_frame_is_a_frame_and_a_list_is_none() -> None:
    polars = pytest.importorskip("polars")
    rows = as_pandas(polars.DataFrame({"x": [1, 2], "kind": ["a", None]}))
    assert rows["x"].tolist() == [1, 2] and rows["kind"].isna().tolist() == [False, True]
    with pytest.raises(UserError, match="Got a list"):
        as_pandas([1, 2])


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a;b\n1;x\n", ["1", "x"]),
        ("a|b\n1|x\n", ["1", "x"]),
        ('a,b\n1,"x, y"\n', ["1", "x, y"]),
        ('a,b\n1,"two\nlines"\n', ["1", "two\nlines"]),
        ("\ufeffa,b\n1,x\n", ["1", "x"]),
        ('a,b\n1,5" pipe\n', ["1", '5" pipe']),
    ],
)
def test_csv_files_of_many_hands_are_read(write_csv: Callable[..., Path], text: str, cells: list[str]) -> None:
    assert read_table(write_csv(text)).iloc[0].tolist() == cells


def test_utf_16_of_spreadsheets_is_read(write_csv: Callable[..., Path]) -> None:
    assert read_table(write_csv("a,b\n1,é\n".encode("utf-16"))).iloc[0].tolist() == ["1", "é"]
