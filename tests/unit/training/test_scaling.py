import numpy as np
import pandas as pd
import pytest
import torch

from automl.data import ImagePreparation, TablePreparation
from automl.training.scaling import scaling_for

CPU = torch.device("cpu")


def test_pixels_are_scaled_and_normalized_per_channel() -> None:
    scaling = scaling_for(ImagePreparation(2, 1, 1, 255, (0.5, 1.0), (0.25, 0.5)), CPU)
    rows = torch.tensor([[[[0]], [[255]]]], dtype=torch.uint8)
    unit = scaling.to_unit(rows)
    assert unit.dtype == torch.float32 and unit.flatten().tolist() == [0.0, 1.0]
    assert scaling.normalize(unit).flatten().tolist() == scaling(rows).flatten().tolist() == [-2.0, 0.0]


def scaled(train: dict[str, list[object]], rows: dict[str, list[object]] | None = None) -> np.ndarray:
    """What a model gets of `rows`; a column of texts is a category."""
    frame = pd.DataFrame(train)
    roles = {name: "categorical" if frame[name].dtype == "str" else "numeric" for name in frame}
    preparation = TablePreparation.fit(frame, roles)
    prepared = preparation.transform(pd.DataFrame(rows or train))
    return scaling_for(preparation, CPU)(torch.from_numpy(prepared)).numpy()


def test_skewed_numbers_become_a_standard_normal() -> None:
    skewed = np.exp(3 * np.random.default_rng(0).normal(size=5_000))
    units = scaled({"amount": list(skewed)})[:, 0]
    assert abs(units.mean()) < 0.01 and abs(units.std() - 1) < 0.03
    assert (np.argsort(units, kind="stable") == np.argsort(skewed, kind="stable")).mean() > 0.9


@pytest.mark.parametrize(
    ("cell", "unit"), [(np.nan, 0.0), (np.inf, 2.58), (-np.inf, -2.58), (1e30, 2.58), (50.0, 0.0)], ids=str
)
def test_missing_is_in_the_middle_and_what_is_beyond_training_at_its_end(cell: float, unit: float) -> None:
    units = scaled({"amount": list(range(101))}, {"amount": [cell]})
    assert units.item() == pytest.approx(unit, abs=0.01)


def test_a_value_that_most_rows_have_stands_at_the_middle_of_them() -> None:
    units = scaled({"paid": [0.0] * 60 + list(range(1, 41))}, {"paid": [0.0, 1.0]})[:, 0]
    assert units[0] == pytest.approx(-0.52, abs=0.02)  # the 30 % quantile of a normal
    assert units[1] > units[0]


def test_codes_stay_and_columns_of_one_value_are_0() -> None:
    units = scaled({"kind": ["b"] * 4 + ["a"] * 4, "same": [7.0] * 8, "none": [np.nan] * 8})
    np.testing.assert_allclose(units, [[0, 0, 3]] * 4 + [[0, 0, 2]] * 4, atol=1e-6)


def test_a_table_may_have_categories_alone() -> None:
    np.testing.assert_array_equal(scaled({"kind": ["b"] * 4 + ["a"] * 4}), [[3]] * 4 + [[2]] * 4)
