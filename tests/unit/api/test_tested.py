"""One model on the test split: calibrated by what it predicts for validation, given its threshold, measured."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.api.tested import Adjustment, run_model
from automl.api.tested import Tested as Measured
from automl.components import Task
from automl.evaluation import METRICS
from automl.evaluation.calibration import Calibration, log_odds

COUNT = 2_000
Run = Callable[..., Measured]


def sure_of_itself(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds three times as large as they should be, (N, 2) probabilities, and labels."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1, COUNT)
    labels = (rng.random(COUNT) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    positive = 1 / (1 + np.exp(-3 * odds))
    return np.stack([1 - positive, positive], axis=1).astype(np.float32), labels


VAL, VAL_TARGETS = sure_of_itself(3)
TEST, TEST_TARGETS = sure_of_itself(2)


class Model:
    """Predicts its inputs: these are probabilities already."""

    @classmethod
    def load(cls, folder: Path, cache: Path) -> "Model":
        return cls()

    def uncalibrated(self, inputs: np.ndarray) -> np.ndarray:
        return inputs

    def costs(self, inputs: np.ndarray) -> dict[str, float]:
        return {"size_mb": 1.5}


@pytest.fixture
def packed() -> dict[str, Any]:
    """What the bundle was given."""
    return {}


@pytest.fixture
def run(packed: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """run(cost={"fp": 1, "fn": 5}) -> the model, tested in such an experiment."""
    monkeypatch.setattr("automl.training.bundle.write_bundle", lambda folder, **kept: packed.update(kept))
    monkeypatch.setattr(
        "automl.training.bundle.adjust_bundle",
        lambda folder, calibration, threshold, _: packed.update(calibration=calibration, threshold=threshold),
    )
    monkeypatch.setattr("automl.training.trained.TrainedModel", Model)

    def test(
        *, task: Task | None = None, folds: Any = None, targets: np.ndarray = TEST_TARGETS, **given: Any
    ) -> Measured:
        told = {name: given.pop(name) for name in ("validated", "adjustment") if name in given}
        inputs = given.pop("inputs", TEST)
        data = SimpleNamespace(
            task=task or Task(kind="table-classification", num_outputs=2, input_shape=(1,), class_names=("no", "yes")),
            val=SimpleNamespace(inputs=VAL, targets=VAL_TARGETS),
            test=SimpleNamespace(targets=targets),
            folds=folds,
            preparation=None,
        )
        experiment = SimpleNamespace(
            **{"calibrate": "auto", "cost": None, "flag_rate": None, "rejects": None, "seed": 0, **given}
        )
        setting: Any = SimpleNamespace(experiment=experiment, data=data, metric=METRICS["auc"], plugins=())
        return run_model(setting, [], inputs, tmp_path, home=tmp_path, **told)

    return test


def test_probabilities_are_calibrated_on_validation_and_come_true_on_test(run: Run, packed: dict[str, Any]) -> None:
    tested = run()

    assert tested.adjustment.calibration.kind == packed["calibration"].kind == "temperature"
    assert packed["calibration"].numbers[0] == pytest.approx(3, rel=0.2)
    assert tested.scores["ece"] < METRICS["ece"].compute(TEST, TEST_TARGETS) / 2
    assert tested.scores["auc"] == pytest.approx(METRICS["auc"].compute(TEST, TEST_TARGETS))
    assert np.array_equal(tested.uncalibrated, TEST)
    said = tested.calibrated(TEST_TARGETS)
    assert said.startswith("Probabilities are calibrated by temperature: on validation log_loss ")
    assert f"ece {METRICS['ece'].compute(TEST, TEST_TARGETS):.4f} to {tested.scores['ece']:.4f}." in said


def test_of_images_no_probability_is_shifted_to_the_classes_of_validation(run: Run) -> None:
    positive = 1 / (1 + np.exp(-log_odds(VAL) - 3))
    shifted = np.stack([1 - positive, positive], axis=1).astype(np.float32)
    pictures = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("no", "yes"))
    assert run(validated=shifted).adjustment.calibration.kind != "temperature"
    assert run(validated=shifted, task=pictures).adjustment.calibration.kind == "temperature"


def test_every_figure_has_its_interval(run: Run) -> None:
    assert all(found.low <= found.value <= found.high for found in run().figures.values())


def test_calibration_can_be_switched_off(run: Run, packed: dict[str, Any]) -> None:
    tested = run(calibrate="off")

    assert np.array_equal(tested.predictions, TEST)
    assert packed["calibration"].kind == "none" and packed["threshold"] is None
    assert tested.calibrated(TEST_TARGETS) == "Probabilities aren't calibrated: it is switched off."


def test_what_was_predicted_without_the_rows_counts_where_it_is_known(run: Run) -> None:
    flat = np.full_like(VAL, 0.5)
    assert "none was clearly better" in run(validated=flat).adjustment.reason


def test_a_model_that_has_seen_all_rows_is_not_calibrated_on_them(run: Run) -> None:
    tested = run(folds=np.zeros(COUNT, int))
    assert tested.adjustment.reason == "what was predicted for validation is lost"
    assert run(folds=np.zeros(COUNT, int), validated=VAL).adjustment.calibration.kind == "temperature"


def test_a_threshold_is_of_calibrated_probabilities(run: Run, packed: dict[str, Any]) -> None:
    assert run(cost={"fp": 1.0, "fn": 4.0}).adjustment.threshold == pytest.approx(0.2, abs=0.05)
    flagged = run(flag_rate=0.1).predictions[:, 1] >= packed["threshold"]
    assert flagged.mean() == pytest.approx(0.1, abs=0.02)


def test_a_refitted_model_takes_over_the_adjustment_of_the_one_before(run: Run, packed: dict[str, Any]) -> None:
    former = Adjustment(Calibration("temperature", (2.0,)), threshold=0.3)
    tested = run(adjustment=former)
    assert tested.adjustment is former
    assert (packed["calibration"], packed["threshold"]) == (former.calibration, 0.3)


def test_numbers_have_nothing_to_calibrate(run: Run) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(100, 1)).astype(np.float32)
    tested = run(task=Task(kind="table-regression", num_outputs=1, input_shape=(1,)), inputs=values, targets=values + 1)
    assert tested.adjustment == Adjustment()
    assert tested.scores["rmse"] == pytest.approx(1)
