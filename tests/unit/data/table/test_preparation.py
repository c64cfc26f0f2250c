"""Raw rows become the same array, wherever they come from."""

import json

import numpy as np
import pandas as pd
import pytest

from automl.data import TablePreparation, preparation_from_dict, preparation_to_dict
from automl.errors import UserError

ROLES = {"age": "numeric", "owner": "boolean", "purpose": "categorical"}
TYPED = pd.DataFrame(
    {
        "age": [20, None, 40.5, np.inf, 30] * 3,
        "owner": [True, False, True, None, False] * 3,
        "purpose": ["car", "home", "car", None, " car "] * 3,
    }
)
TEXTS = pd.DataFrame(
    {
        "age": ["20", "", "40.5", "inf", "30.0"] * 3,
        "owner": ["yes", "No", "TRUE", "?", "0"] * 3,
        "purpose": ["car", "home", "car", "NA", " car "] * 3,
    }
)
ARRAY = [[20, 1, 2], [np.nan, 0, 3], [40.5, 1, 2], [40.5, np.nan, 0], [30, 0, 2]]


@pytest.mark.parametrize("fitted_on", [TYPED, TEXTS], ids=["typed", "texts"])
@pytest.mark.parametrize("rows", [TYPED, TEXTS], ids=["typed", "texts"])
def test_a_typed_table_and_texts_of_a_csv_file_become_one_array(fitted_on: pd.DataFrame, rows: pd.DataFrame) -> None:
    array = TablePreparation.fit(fitted_on, ROLES).transform(rows)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, np.array(ARRAY * 3, np.float32))


def test_it_says_what_a_row_holds() -> None:
    preparation = TablePreparation.fit(TYPED, {"purpose": "categorical", "age": "numeric"})
    assert preparation.names == ("purpose", "age")
    assert preparation.features == ("age", "purpose")  # numbers come first
    assert (preparation.num_numeric, preparation.category_sizes, preparation.shape) == (1, (4,), (2,))


def test_rare_and_unseen_categories_share_a_code() -> None:
    train = pd.DataFrame({"city": ["Rome"] * 5 + ["Oslo"] * 3 + ["Bern"] * 2})
    preparation = TablePreparation.fit(train, {"city": "categorical"})
    assert preparation.transform(pd.DataFrame({"city": ["Oslo", "Rome", "Bern", "Paris", ""]})).ravel().tolist() == [
        *(2, 3, 1, 1, 0)
    ]


def test_categories_that_are_numbers_are_the_same_in_any_type() -> None:
    preparation = TablePreparation.fit(pd.DataFrame({"grade": [10, 9, 9, 10] * 3}), {"grade": "categorical"})
    for rows in ([9, 10], [9.0, 10.0], ["9", "10.0"], pd.Categorical([9, 10])):
        assert preparation.transform(pd.DataFrame({"grade": rows})).ravel().tolist() == [2, 3]


def test_numbers_may_be_grouped_or_have_a_currency() -> None:
    preparation = TablePreparation.fit(pd.DataFrame({"n": [1.0, 2.0]}), {"n": "numeric"})
    rows = pd.DataFrame({"n": ["$1,200.50", "-3,000", "12%", "1e3", "1_000", "about 5", "1,2"]})
    np.testing.assert_array_equal(
        preparation.transform(rows).ravel(), np.float32([1200.5, -3000, 12, 1000, np.nan, np.nan, np.nan])
    )


def test_it_is_the_same_after_a_trip_through_json() -> None:
    preparation = TablePreparation.fit(TYPED, ROLES)
    assert preparation_from_dict(json.loads(json.dumps(preparation_to_dict(preparation)))) == preparation


def test_rows_that_lack_a_column_are_refused_and_further_ones_left_alone() -> None:
    preparation = TablePreparation.fit(TYPED, ROLES)
    assert preparation.transform(TYPED.assign(more=1)).shape == (15, 3)
    with pytest.raises(UserError, match=r"lack 1 of the 3 columns .*: owner"):
        preparation.transform(TYPED.drop(columns="owner"))
