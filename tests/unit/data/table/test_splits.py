"""Splits by group and in time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data import Dataset
from automl.errors import UserError

Load = Callable[..., Dataset]


@pytest.fixture
def visits() -> pd.DataFrame:
    """300 visits of 60 customers over 100 days, in no order."""
    rng = np.random.default_rng(0)
    days = rng.integers(0, 100, 300)
    return pd.DataFrame(
        {
            "customer": [f"c{number}" for number in rng.integers(0, 60, 300)],
            "day": (pd.Timestamp("2024-03-01") + pd.to_timedelta(days, unit="D")).strftime("%d/%m/%Y"),
            "amount": rng.gamma(2, 50, 300).round(2),
            "bought": rng.choice(["no", "yes"], 300, p=[0.7, 0.3]),
        }
    )


def sizes(data: Dataset) -> list[int]:
    return [len(part) for part in (data.train, data.val, data.test)]


def rows_of(data: Dataset) -> dict[str, list[int]]:
    return {name: [int(row) - 1 for row in getattr(data, name).ids] for name in ("train", "val", "test")}


def test_no_group_is_in_two_splits(load: Load, visits: pd.DataFrame) -> None:
    data = load(visits, target="bought", group="customer")
    customers = {name: set(visits["customer"].iloc[rows]) for name, rows in rows_of(data).items()}
    assert not customers["train"] & customers["val"] and not (customers["train"] | customers["val"]) & customers["test"]
    assert sum(sizes(data)) == 300 and sizes(data)[0] == pytest.approx(195, abs=15)
    assert data.test.targets.mean() == pytest.approx(0.3, abs=0.1)
    assert data.train.groups is not None and len(np.unique(data.train.groups)) == len(customers["train"])
    assert "customer" not in data.preparation.names  # type: ignore[union-attr]


def test_many_groups_are_split_in_the_ratio_by_class(load: Load) -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(5_000), 2)
    frame = pd.DataFrame({"group": groups, "x": rng.normal(size=10_000), "y": (groups % 10 == 0).astype(int)})
    data = load(frame, target="y", group="group")
    assert sizes(data) == pytest.approx([6_500, 1_500, 2_000], abs=100)
    assert all(part.targets.mean() == pytest.approx(0.1, abs=0.01) for part in (data.train, data.val, data.test))


def test_train_is_before_validation_and_validation_before_test(load: Load, visits: pd.DataFrame) -> None:
    data = load(visits, target="bought", time_column="day")
    days = pd.to_datetime(visits["day"], format="%d/%m/%Y")
    ranges = {name: (days.iloc[rows].min(), days.iloc[rows].max()) for name, rows in rows_of(data).items()}
    assert ranges["train"][1] < ranges["val"][0] and ranges["val"][1] < ranges["test"][0]
    assert sizes(data) == pytest.approx([195, 45, 60], abs=6)
    assert data.train.times is not None and np.ptp(data.train.times) == (ranges["train"][1] - ranges["train"][0]).days
    assert any("split by day, in time" in line for line in data.report.lines())


def test_of_a_time_split_with_a_test_file_validation_is_last(load: Load, write_csv: Callable[..., Path]) -> None:
    frame = pd.DataFrame({"year": np.repeat(np.arange(2000, 2010), 10), "x": np.arange(100) / 2, "y": [0, 1] * 50})
    test = write_csv(frame.assign(year=2011), "test.csv")
    data = load(frame, target="y", time_column="year", test=str(test))
    assert data.val.times is not None and set(data.val.times) == {2008, 2009}
    assert len(data.test) == 100


def test_groups_and_time_both_hold(load: Load, visits: pd.DataFrame) -> None:
    visits = visits[visits["customer"].isin([f"c{number}" for number in range(20)]) | (visits["day"] < "3")]
    data = load(visits, target="bought", group="customer", time_column="day")
    parts = [visits.iloc[rows] for rows in rows_of(data).values()]
    days = [pd.to_datetime(part["day"], format="%d/%m/%Y") for part in parts]
    assert days[0].max() < days[1].min() and days[1].max() < days[2].min()
    customers = [set(part["customer"]) for part in parts]
    assert not customers[0] & customers[1] and not (customers[0] | customers[1]) & customers[2]
    left_out = len(visits) - sum(sizes(data))
    assert 0 < left_out < len(visits) / 2
    assert any(line.startswith(f"{left_out} rows were left out") for line in data.report.lines())


def test_the_columns_of_a_split_are_learned_from_where_they_are_given_a_role(load: Load, visits: pd.DataFrame) -> None:
    data = load(visits, target="bought", time_column="day", columns={"day": "date"})
    assert "day day_of_week" in data.preparation.features  # type: ignore[union-attr]
    visits["customer"] = visits.index.astype(str)
    lines = load(visits, target="bought", time_column="day", group="customer").report.lines()
    roles = {line.split()[0]: line.split()[1] for line in lines if line.startswith("  ")}
    assert (roles["day"], roles["customer"]) == ("time", "group")


def test_a_time_split_that_leaves_one_class_on_a_side_is_refused(load: Load) -> None:
    frame = pd.DataFrame({"year": np.arange(100), "x": np.arange(100) / 2, "y": ["good"] * 70 + ["bad"] * 30})
    with pytest.raises(UserError, match=r"leaves train without rows of bad: 65 rows, all of good"):
        load(frame, target="y", time_column="year")
    with pytest.raises(UserError, match=r"leaves test without rows of good"):
        load(frame.assign(y=["good", "bad"] * 40 + ["bad"] * 20), target="y", time_column="year")


def test_a_group_split_that_leaves_one_class_on_a_side_is_refused(load: Load) -> None:
    frame = pd.DataFrame({"shop": np.arange(100) // 50, "x": np.arange(100) / 2, "y": [0, 1] * 50})
    with pytest.raises(UserError, match=r"at least 3 groups to be split into 3 parts.*0 \(2\), 1 \(2\)") as refused:
        load(frame, target="y", group="shop")
    assert "--group" in str(refused.value.hint)


@pytest.mark.parametrize(("name", "found"), [("dya", "--time-column day"), ("Day", "--time-column day")])
def test_a_column_that_is_not_there_is_said_with_its_neighbours(
    load: Load, visits: pd.DataFrame, name: str, found: str
) -> None:
    with pytest.raises(UserError, match=f"no column '{name}'") as refused:
        load(visits, target="bought", time_column=name)
    assert found in str(refused.value.hint)


def test_a_time_column_that_holds_no_times_is_refused(load: Load, visits: pd.DataFrame) -> None:
    visits.loc[7, "day"] = "tomorrow"
    with pytest.raises(UserError, match=r"Got 'tomorrow' in 1 of 300 rows, the first is row 8"):
        load(visits, target="bought", time_column="day")
    with pytest.raises(UserError, match="in 300 of 300 rows"):
        load(visits, target="amount", time_column="bought", task_kind="table-regression")
