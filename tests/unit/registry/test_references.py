from pathlib import Path

import pytest

from automl.components.task import Task
from automl.data import ImagePreparation
from automl.errors import UserError
from automl.registry import check_name, find_model
from automl.registry.package import signature
from automl.tracking import open_store


@pytest.mark.parametrize("name", ["", "  ", "medical/imaging", "medical:imaging", "medical@imaging"])
def test_a_name_that_mlflow_or_a_reference_could_not_hold_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="can't be named"):
        check_name(name)


def test_a_plain_name_is_accepted() -> None:
    check_name("medical_imaging")


@pytest.mark.parametrize("reference", ["", "a/b", "a@", "a@b@c", "models:/a/1", "a/1/2"])
def test_what_is_no_reference_is_explained(reference: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="NAME@ALIAS") as caught:
        find_model(open_store(tmp_path), reference)
    assert "medical_imaging@champion" in str(caught.value.hint)


def test_asking_before_any_search_says_so_and_makes_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(UserError, match="no models yet") as caught:
        find_model(open_store(tmp_path), "medical_imaging")
    assert "automl search" in str(caught.value.hint)
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize(
    ("task", "columns"),
    [
        (
            Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("no", "yes")),
            ["prediction", "p_no", "p_yes"],
        ),
        (Task(kind="image-regression", num_outputs=1, input_shape=(3, 8, 8)), ["prediction"]),
        (Task(kind="image-regression", num_outputs=2, input_shape=(3, 8, 8)), ["prediction_0", "prediction_1"]),
    ],
)
def test_the_signature_names_the_columns_that_predictions_have(task: Task, columns: list[str]) -> None:
    import numpy as np

    from automl.serving import as_table

    described = signature(task, ImagePreparation(*task.input_shape, 255, (0.5,), (0.25,)))
    assert described.inputs.inputs[0].shape == (-1, *task.input_shape)
    assert described.outputs.input_names() == columns
    assert list(as_table(task, np.zeros((3, task.num_outputs), np.float32)).columns) == columns
