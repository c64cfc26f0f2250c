from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from automl.data import Dataset, load_dataset
from automl.data.positive import with_positive
from automl.errors import UserError


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    for row in range(40):
        folder = tmp_path / "images" / ("bad", "good")[row % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 5 * row).save(folder / f"{row}.png")
    return load_dataset(tmp_path / "images", cache=tmp_path)


def test_the_class_that_is_looked_for_becomes_the_second(data: Dataset) -> None:
    found = with_positive(data, "bad")
    assert found.task.class_names == ("good", "bad")
    for split in ("train", "val", "test"):
        before, after = getattr(data, split), getattr(found, split)
        np.testing.assert_array_equal(after.targets, 1 - before.targets)
        assert after.ids == before.ids and after.inputs is before.inputs
    assert found.digest != data.digest and len(found.digest) == 16


def test_where_it_is_the_second_nothing_changes(data: Dataset) -> None:
    assert with_positive(data, "good") is data


def test_a_class_that_is_not_there_is_refused(data: Dataset) -> None:
    with pytest.raises(UserError, match="Unknown class 'god'"):
        with_positive(data, "god")
