"""What may be wrong with a table is said before the first trial."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data import Dataset

Load = Callable[..., Dataset]


@pytest.fixture
def rows() -> pd.DataFrame:
    """1,200 rows of three numbers, two of which decide the class."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(1_200, 3)), columns=["a", "b", "c"])
    return frame.assign(y=np.where(frame["a"] + frame["b"] > 0, "yes", "no"))


def warnings(data: Dataset) -> list[str]:
    return [line for line in data.report.lines() if line.startswith("Warning")]


def test_of_sound_rows_nothing_is_said(load: Load, rows: pd.DataFrame) -> None:
    assert warnings(load(rows, target="y")) == []


@pytest.mark.parametrize("kind", ["number", "category", "missing"])
def test_a_column_that_tells_the_target_is_said_with_what_to_do(load: Load, rows: pd.DataFrame, kind: str) -> None:
    late = rows["y"] == "yes"
    noise = np.random.default_rng(1).normal(size=len(rows))
    told = {
        "number": late * 10 + noise,
        "category": np.where(late, "closed", "open"),
        "missing": np.where(late, noise, np.nan),
    }
    (warning,) = warnings(load(rows.assign(paid_back=told[kind]), target="y"))
    assert "paid_back alone tells y nearly always (AUC 1.000" in warning and "--column paid_back=ignore" in warning


def test_a_leak_of_a_regression_is_said(load: Load, rows: pd.DataFrame) -> None:
    data = load(rows.assign(amount=rows["a"] * 3 + 1).drop(columns="y"), target="a", task_kind="table-regression")
    assert ["amount alone tells a" in warning for warning in warnings(data)] == [True]


@pytest.mark.parametrize(("changed", "how"), [([], "all columns"), (["c"], "all columns but one")])
def test_copies_of_train_in_test_are_said(
    load: Load, write_csv: Callable[..., Path], rows: pd.DataFrame, changed: list[str], how: str
) -> None:
    test = rows.iloc[:200].assign(**dict.fromkeys(changed, 0.5))
    said = warnings(load(rows, target="y", test=str(write_csv(test, "test.csv"))))
    assert any("in test are in train, too, the same in " + how + ", e.g. row" in warning for warning in said)


def test_few_categories_give_equal_rows_of_which_nothing_is_said(load: Load) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.choice(["x", "y"], (600, 4)), columns=list("abcd")).assign(y=rng.integers(0, 2, 600))
    assert warnings(load(frame, target="y")) == []


def test_a_test_set_from_elsewhere_is_said_with_its_columns(
    load: Load, write_csv: Callable[..., Path], rows: pd.DataFrame
) -> None:
    test = write_csv(rows.iloc[:400].assign(c=lambda part: part["c"] + 2), "test.csv")
    (warning,) = warnings(load(rows.iloc[400:], target="y", test=str(test)))
    assert "train and test differ" in warning and "most by c" in warning and "--time-column" in warning


def test_labels_that_others_contradict_are_said_with_their_rows(load: Load, rows: pd.DataFrame) -> None:
    rows["y"] = np.where(rows["a"] > 0, "yes", "no")
    wrong = rows.index[rows["a"].abs() > 1][:12]
    rows.loc[wrong, "y"] = np.where(rows.loc[wrong, "a"] > 0, "no", "yes")
    (warning,) = [line for line in warnings(load(rows, target="y")) if "contradict" in line]
    named = {int(word) - 1 for word in warning.replace(",", " ").split() if word.isdecimal()} & set(rows.index)
    assert named & set(wrong)


def test_classes_of_few_rows_are_said(load: Load, rows: pd.DataFrame) -> None:
    rows.loc[:5, "y"] = "perhaps"
    assert any(
        "perhaps (" in line and "fewer than 10 rows in train" in line for line in warnings(load(rows, target="y"))
    )


def test_groups_in_two_files_are_said(load: Load, write_csv: Callable[..., Path], rows: pd.DataFrame) -> None:
    rows["who"] = np.arange(len(rows)) // 3
    test = write_csv(rows.iloc[:300].assign(a=0.3, b=0.2), "test.csv")
    said = warnings(load(rows, target="y", group="who", test=str(test)))
    assert any("groups are in train and in test" in warning for warning in said)
