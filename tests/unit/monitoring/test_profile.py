"""A profile is made of a model and rows, travels as JSON, and is what new rows are compared with."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from automl.components import Task
from automl.data import ImagePreparation, TablePreparation
from automl.errors import UserError
from automl.monitoring import Profile, profile_of, read_profile, write_profile
from automl.monitoring.profile import FILE
from automl.training.bundle import Part
from automl.training.trained import TrainedModel

PART = Part(Path("none"), {"model": "net"})


@pytest.fixture
def model() -> TrainedModel:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 3))
    task = Task(kind="image-classification", num_outputs=3, input_shape=(1, 8, 8), class_names=("a", "b", "c"))
    return TrainedModel(task, ImagePreparation(1, 8, 8, 255, (0.5,), (0.25,)), (PART,), (net.eval(),))


def images(seed: int, count: int, level: float = 120) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(rng.normal(rng.normal(level, 20, (count, 1, 1, 1)), 30, (count, 1, 8, 8)), 0, 255).astype(np.uint8)


def made(model: TrainedModel) -> Profile:
    val, test = images(1, 300), images(2, 400)
    return profile_of(model, images(0, 500), [val, test], test, model.predict(test))


def test_new_images_are_compared_with_what_was_kept(model: TrainedModel, tmp_path: Path) -> None:
    write_profile(tmp_path, made(model))
    profile = read_profile(tmp_path, "images/1")
    assert profile.features["brightness"].rows == 700 and profile.predictions["class"].rows == 400
    assert profile.features["embedding distance"].rows == 400, "of rows that the model hasn't learned from"
    shifts, predictions = profile.shifts(model, images(3, 300))
    assert predictions.shape == (300, 3) and not [shift.name for shift in shifts if shift.drifted]
    shifts, _ = profile.shifts(model, images(3, 300, level=180))
    drifted = {shift.name for shift in shifts if shift.drifted}
    assert {"brightness", "embedding distance"} <= drifted and any(shift.kind == "prediction" for shift in shifts)


def test_the_same_model_and_rows_give_the_same_bytes(model: TrainedModel, tmp_path: Path) -> None:
    """Or a search that is killed while it registers its winner would register it twice."""
    write_profile(tmp_path, made(model))
    first = (tmp_path / FILE).read_bytes()
    write_profile(tmp_path, made(model))
    assert (tmp_path / FILE).read_bytes() == first


def test_what_an_earlier_automl_made_has_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="finance/1 has no profile") as refused:
        read_profile(tmp_path, "finance/1")
    assert "automl train" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "features": 3}'])
def test_a_damaged_one_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UserError, match="is damaged"):
        read_profile(tmp_path, "finance/1")


def test_of_a_regression_the_values_are_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame({"size": np.random.default_rng(0).normal(100, 10, 600)})
    preparation = TablePreparation.fit(frame[:200], {"size": "numeric"}, np.array([[1.0], [3.0]], np.float32))
    task = Task(kind="table-regression", num_outputs=1, input_shape=(1,), num_numeric=1)
    model = TrainedModel(task, preparation, (PART,), (nn.Linear(1, 1),))
    rows = preparation.transform(frame)
    profile = profile_of(model, rows[:200], [rows[200:400], rows[400:]], rows[400:], model.predict(rows[400:]))
    write_profile(tmp_path, profile)
    assert set(json.loads((tmp_path / FILE).read_text())["predictions"]) == {"value"}
    shifts, _ = read_profile(tmp_path, "x/1").shifts(model, rows[:200] + 30)
    assert {shift.name for shift in shifts if shift.drifted} == {"size", "value"}
