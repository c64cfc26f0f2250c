"""Words among numbers, and other cells that can't be read as training's were: never without a sound."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data import Dataset, TablePreparation, Unread, preparation_from_dict, preparation_to_dict
from automl.errors import UserError

Load = Callable[..., Dataset]
Write = Callable[..., Path]

ROLES = {"age": "numeric", "owner": "boolean", "since": "date"}
TRAIN = pd.DataFrame(
    {
        "age": ["20", "30", "unknown", ""] * 5,
        "owner": ["yes", "no"] * 10,
        "since": ["2024-01-31", "2025-06-30"] * 10,
    }
)
PREPARATION = TablePreparation.fit(TRAIN, ROLES)


def looked(preparation: TablePreparation, *blocks: pd.DataFrame) -> str:
    """What is said of these blocks of rows."""
    unread = Unread(preparation, "new.csv")
    for block in blocks:
        unread.look(block, preparation.transform(block))
    return unread.note


def test_what_training_had_is_nothing_new() -> None:
    assert looked(PREPARATION, TRAIN) == ""
    assert looked(PREPARATION, TRAIN.assign(age="unknown")) == ""


def test_cells_that_cannot_be_read_are_counted_over_all_blocks() -> None:
    rows = TRAIN.copy()
    rows.loc[:1, "age"] = "about 5"
    rows.loc[3, "owner"] = "perhaps"
    rows.loc[4, "since"] = "31/12/2024"

    assert looked(PREPARATION, rows, TRAIN, rows) == (
        "Cells of new.csv that can't be read count as missing: 4 of age (no number, e.g. about 5), 2 of owner (neither "
        "yes nor no, e.g. perhaps), 2 of since (no date as training has them, e.g. 31/12/2024)."
    )


@pytest.mark.parametrize(
    ("column", "word", "role"), [("age", "old", "numeric"), ("owner", "perhaps", "boolean"), ("since", "soon", "date")]
)
@pytest.mark.parametrize("count", [1, 20])
def test_a_column_of_words_is_refused(column: str, word: str, role: str, count: int) -> None:
    with pytest.raises(UserError, match=f"{column} is {role} in training; in new.csv most .* e.g. '{word}'") as refused:
        looked(PREPARATION, TRAIN.head(count).assign(**{column: word}))
    assert f"--column {column}=categorical" in str(refused.value.hint)


def test_a_word_in_a_column_that_is_else_empty_is_no_reason_to_refuse() -> None:
    rows = TRAIN.assign(age="")
    rows.loc[0, "age"] = "old"
    assert "1 of age" in looked(PREPARATION, rows)


def test_the_words_of_training_travel_with_the_preparation() -> None:
    assert PREPARATION.words == {"age": ("unknown",)}
    again = preparation_from_dict(preparation_to_dict(PREPARATION))
    assert again == PREPARATION


def test_a_preparation_of_an_earlier_version_knows_no_words() -> None:
    packed: dict[str, Any] = preparation_to_dict(PREPARATION)
    del packed["words"], packed["columns"][0]["decimal"]
    again = preparation_from_dict(packed)
    assert isinstance(again, TablePreparation)
    assert again.words == {}
    assert again.columns == PREPARATION.columns


def test_a_few_words_of_a_test_file_are_noted(load: Load, write_csv: Write) -> None:
    rng = np.random.default_rng(0)
    train = pd.DataFrame({"x": rng.normal(size=60), "y": ["a", "b"] * 30})
    test = train.astype({"x": object})
    test.loc[:1, "x"] = "lost"

    lines = load(train, target="y", test=str(write_csv(test, "test.csv"))).report.lines()

    assert "Cells of the test file that can't be read count as missing: 2 of x (no number, e.g. lost)." in lines


def test_decimal_commas_are_read_said_and_read_again_at_prediction(load: Load) -> None:
    rng = np.random.default_rng(0)
    prices = [f"{value:.2f}".replace(".", ",") for value in rng.uniform(0, 1_000, 80)]
    text = "price;y\n" + "".join(f"{price};{'ab'[row % 2]}\n" for row, price in enumerate(prices))

    data = load(text, target="y")

    assert any("numeric" in line and "the comma is the decimal mark" in line for line in data.report.lines())
    preparation = data.preparation
    assert isinstance(preparation, TablePreparation)
    rows = pd.DataFrame({"price": ["1,200", "1.200", "12", "3,5"]})
    assert preparation.transform(rows).ravel().tolist() == pytest.approx([1.2, 1200, 12, 3.5])


def test_a_target_may_have_decimal_commas(load: Load) -> None:
    rows = "x;y\n" + "".join(f"{row % 7};{row},5\n" for row in range(60))

    targets = load(rows, target="y", task_kind="table-regression").train.targets

    assert set((targets % 1).ravel().tolist()) == {0.5}


def test_groups_that_might_be_decimals_are_said(load: Load) -> None:
    rows = "x;y\n" + "".join(f"{row + 1},{row:03d};{'ab'[row % 2]}\n" for row in range(60))

    assert any("1,000 is read as 1000" in line for line in load(rows, target="y").report.lines())
