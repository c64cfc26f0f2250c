"""What is known of the model on test, as files for MLflow."""

import csv
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from automl.api.files import write_files
from automl.api.tested import Adjustment
from automl.api.tested import Tested as Measured
from automl.components import Task
from automl.evaluation.calibration import Calibration
from automl.evaluation.decision import policies
from automl.evaluation.groups import compare
from automl.evaluation.interval import Estimate

COUNT = 200
BINARY = Task(kind="table-classification", num_outputs=2, input_shape=(1,), class_names=("no", "yes"))
REGRESSION = Task(kind="table-regression", num_outputs=1, input_shape=(1,))
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, COUNT)
POSITIVE = np.clip(LABELS * 0.4 + RNG.random(COUNT) * 0.6, 0, 1)
PREDICTIONS = np.stack([1 - POSITIVE, POSITIVE], axis=1).astype(np.float32)


def write(folder: Path, task: Task, predictions: np.ndarray, targets: np.ndarray, **known: Any) -> dict[str, Path]:
    """The files by their names."""
    figures = {"auc": Estimate(0.9, 0.8, 0.95), "r2": Estimate(math.nan, math.nan, math.nan)}
    model = Measured(
        known.pop("adjustment", Adjustment(reason="it is switched off")), predictions, predictions, figures
    )
    described = {
        "coverage": None,
        "groups": (),
        "policies": (),
        "default": {},
        "baseline": {"auc": 0.5},
        "notes": ("A note.",),
        **known,
    }
    tested: Any = SimpleNamespace(registered=model, winner=model, **described)
    plan: Any = SimpleNamespace(folder=folder, data=SimpleNamespace(task=task, test=SimpleNamespace(targets=targets)))
    return {path.name: path for path in write_files(plan, tested).iterdir()}


def two_classes(folder: Path, **known: Any) -> dict[str, Path]:
    return write(
        folder,
        Task(kind="table-classification", num_outputs=2, input_shape=(1,), class_names=("no", "yes")),
        PREDICTIONS,
        LABELS,
        **known,
    )


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8")))


def test_two_classes_have_a_curve_and_a_gains_table(tmp_path: Path) -> None:
    files = two_classes(tmp_path)
    assert set(files) == {"test.json", "reliability.png", "gains.csv"}
    tenths = rows(files["gains.csv"])
    assert [int(tenth["rows"]) for tenth in tenths] == [20] * 10
    assert float(tenths[0]["lift"]) > float(tenths[-1]["lift"])
    assert float(tenths[-1]["captured"]) == 1
    assert sum(int(tenth["positives"]) for tenth in tenths) == LABELS.sum()


def test_more_classes_have_a_curve_alone_and_numbers_neither(tmp_path: Path) -> None:
    three = np.full((COUNT, 3), 1 / 3, np.float32)
    named = Task(kind="table-classification", num_outputs=3, input_shape=(1,), class_names=("a", "b", "c"))
    assert set(write(tmp_path, named, three, LABELS)) == {"test.json", "reliability.png"}
    (tmp_path / "numbers").mkdir()
    values = RNG.normal(size=(COUNT, 1))
    assert set(write(tmp_path / "numbers", REGRESSION, values, values)) == {"test.json"}


def test_groups_of_protected_columns_are_a_table(tmp_path: Path) -> None:
    sexes = np.array(["f", "m"] * (COUNT // 2), object)
    groups = compare({"sex": sexes}, POSITIVE > 0.5, LABELS, ("no", "yes"), seed=0)

    files = two_classes(tmp_path, groups=groups)

    found = rows(files["groups.csv"])
    assert [(row["column"], row["name"], row["rows"]) for row in found] == [("sex", "f", "100"), ("sex", "m", "100")]
    described = json.loads(files["test.json"].read_text())["groups"][0]
    assert described["column"] == "sex"
    assert {disparity["class_name"] for disparity in described["disparities"]} == {"yes", "no"}


def test_all_of_it_is_in_one_file_of_valid_json(tmp_path: Path) -> None:
    adjustment = Adjustment(Calibration("platt", (0.5, 0.1)), threshold=0.25)
    chosen = policies(PREDICTIONS, LABELS, 0.25, None, seed=0)

    text = two_classes(tmp_path, adjustment=adjustment, policies=chosen)["test.json"].read_text()

    assert "NaN" not in text
    found = json.loads(text)
    assert found["registered"]["auc"] == {"value": 0.9, "low": 0.8, "high": 0.95}
    assert found["registered"]["r2"]["value"] is None
    assert found["calibration"] == {"kind": "platt", "numbers": [0.5, 0.1]}
    assert found["threshold"] == 0.25
    assert found["decisions"] and found["notes"] == ["A note."] and found["baseline"] == {"auc": 0.5}


def test_they_replace_those_of_a_search_that_goes_on(tmp_path: Path) -> None:
    two_classes(tmp_path)
    assert json.loads(two_classes(tmp_path, notes=("Another.",))["test.json"].read_text())["notes"] == ["Another."]
