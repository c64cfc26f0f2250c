"""Bad tables are refused with what is wrong, where, and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data import Dataset
from automl.errors import UserError

Load = Callable[..., Dataset]
Write = Callable[..., Path]


def refusal(load: Load, content: Any, **given: Any) -> str:
    with pytest.raises(UserError) as refused:
        load(content, **{"target": "y", **given})
    return f"{refused.value.message} | {refused.value.hint}"


def frame(count: int = 60, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=count), "y": np.arange(count) % 2, **columns})


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("x,y\n1,2\n1,2,3\n4\n", "as the header, 2: line 3 has 3, line 4 has 1"),
        ('x,y\n1,"2\n3,4\n5,6\n', "quotes in line 2"),
        ('x,y\n1,2\n"1,2\n3,4\n5,"6"\n7,8,9\n', "quotes in line 3"),
        (b"x,y\n1,2\n1,caf\xe9\n", "it isn't in line 3, byte 6: 0xe9. | Save it as UTF-8"),
        ("", "is empty"),
        ("x,y\n", "has no rows"),
        ("x,x,y\n1,2,3\n", "Twice or more in"),
        (b"PK\x03\x04\0\0", "is no text. | Save a spreadsheet as CSV"),
        ("x,y\n1,a\n", "at least 2 classes. Got only a"),
    ],
    ids=["ragged", "open quote", "broken quotes", "latin", "empty", "header", "twice", "binary", "one row"],
)
def test_broken_files_are_refused_with_the_line(load: Load, content: str | bytes, found: str) -> None:
    assert found in refusal(load, content)


def test_no_file_and_a_folder_without_tables_are_refused(load: Load, tmp_path: Path) -> None:
    assert "There is no" in refusal(load, tmp_path / "rows.csv")
    assert "holds train, val and test files" in refusal(load, tmp_path)
    assert "A table must be one of .csv" in refusal(load, Path(__file__))


@pytest.mark.parametrize(
    ("target", "found"),
    [(None, "has 2 columns: x, y. | Name it with --target, for example --target y"), ("Y", "Did you mean --target y?")],
)
def test_a_target_that_is_not_named_or_not_there(load: Load, target: str | None, found: str) -> None:
    assert found in refusal(load, frame(), target=target)


def test_rows_without_a_target_are_left_out_unless_they_are_many(load: Load) -> None:
    few, many = frame(100), frame(100)
    few["y"], many["y"] = few["y"].where(few.index > 2), many["y"].where(many.index > 20)
    assert any("3 of 100 rows" in line and "left out" in line for line in load(few, target="y").report.lines())
    assert "up to 5% are left out. The first is row 1. | Remove these rows, or add --allow-corrupt" in refusal(
        load, many
    )
    assert len(load(many, target="y", allow_corrupt=True).train.ids) < 65
    assert "Choose another --target" in refusal(load, frame(y=[None] * 60))


def test_a_quantity_is_no_class_and_names_are_no_quantity(load: Load) -> None:
    assert "2,000 different numbers" in refusal(load, frame(2_000, y=np.arange(2_000) / 7))
    assert "--task table-regression" in refusal(load, frame(2_000, y=np.arange(2_000) / 7))
    names = frame(y=["good", "bad"] * 30)
    assert "Got good, bad, good in 60 of 60 rows of y, the first in row 1" in refusal(
        load, names, task_kind="table-regression"
    )
    assert "nothing to predict" in refusal(load, frame(y=[3] * 60), task_kind="table-regression")


def test_empty_columns_are_left_out_and_nothing_but_them_refused(load: Load) -> None:
    data = load(frame(empty=[None] * 60), target="y")
    assert data.preparation.names == ("x",)  # type: ignore[union-attr]
    assert any("empty" in line and "constant" in line and "all cells are empty" in line for line in data.report.lines())
    assert "No column is left to learn from" in refusal(load, frame(empty=[None] * 60)[["empty", "y"]])


def test_a_date_column_that_is_none_is_refused(load: Load) -> None:
    days = frame(day=["tomorrow", "today"] * 30)
    assert "The column day was said to be date" in refusal(load, days, columns={"day": "date"})
    assert "Got tomorrow, today" in refusal(load, days, columns={"day": "date"})
    assert "was said to be numeric" in refusal(load, days, columns={"day": "numeric"})
    assert "Unknown role of the column day 'when'" in refusal(load, days, columns={"day": "when"})
    assert "Unknown column 'dya'" in refusal(load, days, columns={"dya": "date"})


def test_a_test_file_with_columns_missing_or_classes_that_train_lacks(load: Load, write_csv: Write) -> None:
    lacking = write_csv(frame(z=1.0).rename(columns={"x": "X"}), "test.csv")
    assert "lacks 1 of train's 2 columns: x. | It has others: X, z" in refusal(load, frame(), test=str(lacking))
    other = write_csv(frame(y=["0", "2"] * 30), "other.csv")
    assert "Classes of test must have rows in train. Got 2 in 30 rows" in refusal(load, frame(), test=str(other))


def test_a_test_file_whose_numbers_are_words_is_refused(load: Load, write_csv: Write) -> None:
    words = write_csv(frame(x=["low", "high"] * 30), "test.csv")
    assert "x is numeric in train" in refusal(load, frame(), test=str(words))


def test_a_class_of_too_few_rows_to_split_is_refused(load: Load) -> None:
    assert "c (2)" in refusal(load, frame(y=["a", "b"] * 29 + ["c", "c"]))


def test_more_columns_than_rows_are_read(load: Load) -> None:
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(30, 200)), columns=[f"x{number}" for number in range(200)])
    data = load(wide.assign(y=["a", "b"] * 15), target="y")
    assert data.task.input_shape == (200,)
    assert "  and 140 more" in data.report.lines()


def test_a_column_with_a_category_for_nearly_each_row_is_not_learned_from(load: Load) -> None:
    rows = "".join(f"{number % 7},user {number},{number % 2}\n" for number in range(200_000))
    data = load(f"x,who,y\n{rows}", target="y")
    assert data.preparation.names == ("x",) and data.preparation.identifier == "who"  # type: ignore[union-attr]


def test_thousands_of_categories_are_kept_and_the_rarest_share_a_code(load: Load) -> None:
    count = 40_000
    shop = np.concatenate([np.arange(8_000).repeat(4), np.arange(8_000).repeat(1)])
    data = load(frame(count, shop=[f"s{number}" for number in shop]), target="y")
    assert 1_000 < data.task.category_sizes[0] <= 5_002


def test_formulas_in_cells_are_categories_as_others_are(load: Load) -> None:
    data = load(frame(cell=["=cmd()", "+1+1|x"] * 30), target="y")
    assert data.task.category_sizes == (4,)


def test_one_row_of_each_class_is_too_little(load: Load) -> None:
    assert "needs at least 3 rows to be split into 3 parts" in refusal(load, "x,y\n1,a\n2,b\n")
    assert "y is 3 in all rows" in refusal(load, "x,y\n1,3\n", task_kind="table-regression")
