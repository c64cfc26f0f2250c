"""Labelled data, read as a model's training data were."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from automl.components import Task
from automl.data import ImagePreparation, TablePreparation
from automl.data.labelled import read_labelled
from automl.errors import UserError

IMAGES = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("dark", "light"))
ROWS = Task(kind="table-classification", num_outputs=2, input_shape=(1,), class_names=("no", "yes"))
NUMBERS = Task(kind="table-regression", num_outputs=1, input_shape=(1,))
PREPARATION = ImagePreparation(1, 8, 8, 255, (0.5,), (0.25,))


@pytest.fixture
def prepared() -> TablePreparation:
    import pandas as pd

    return TablePreparation.fit(pd.DataFrame({"age": ["30", "40"]}), {"age": "numeric"}, None, None, {})


def write(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(text)
    return path


def test_rows_without_a_label_are_left_out_and_counted(tmp_path: Path, prepared: TablePreparation) -> None:
    found = read_labelled(write(tmp_path, "age,late\n30,yes\n40,no\n50,\n"), ROWS, prepared, "late")
    assert found.targets.tolist() == [1, 0]
    assert (len(found.inputs), found.skipped) == (2, 1)


def test_numbers_are_targets_of_a_regression(tmp_path: Path, prepared: TablePreparation) -> None:
    found = read_labelled(write(tmp_path, "age,price\n30,1.5\n40,\n"), NUMBERS, prepared, "price")
    assert found.targets.tolist() == [[1.5]] and found.skipped == 1


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("age,late\n30,maybe\n40,no\n", "late", "1 rows of .* classes that the model doesn't know: maybe"),
        ("age,late\n30,yes\n", "lat", "no column 'lat'"),
        ("age,late\n30,yes\n", "", "Which column is to be predicted"),
        ("age,late\n30,\n", "late", "No row of"),
    ],
)
def test_labels_that_are_none_are_refused(
    tmp_path: Path, prepared: TablePreparation, text: str, target: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_labelled(write(tmp_path, text), ROWS, prepared, target)


def test_a_folder_of_images_has_a_folder_per_class(tmp_path: Path, write_images: Callable[..., Path]) -> None:
    found = read_labelled(write_images({"dark": 2, "light": 3}), IMAGES, PREPARATION, "")
    assert found.inputs.shape == (5, 1, 8, 8)
    assert found.targets.tolist() == [0, 0, 1, 1, 1]
    with pytest.raises(UserError, match="doesn't know: grey"):
        read_labelled(write_images({"grey": 2, "light": 3}, root=tmp_path / "others"), IMAGES, PREPARATION, "")


def test_an_npz_has_labels_beside_its_images(tmp_path: Path) -> None:
    task = Task(kind=IMAGES.kind, num_outputs=2, input_shape=(1, 8, 8), class_names=("0", "1"))
    images = np.zeros((3, 8, 8), np.uint8)
    np.savez(tmp_path / "new.npz", images=images, labels=np.array([[1], [0], [1]]))
    assert read_labelled(tmp_path / "new.npz", task, PREPARATION, "").targets.tolist() == [1, 0, 1]
    np.savez(tmp_path / "bare.npz", images=images)
    with pytest.raises(UserError, match="must have the array labels"):
        read_labelled(tmp_path / "bare.npz", task, PREPARATION, "")
