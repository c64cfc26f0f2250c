"""When a model says that no class fits: by what it predicts for validation, asked again for some of it alone."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from automl.api.rejecting import ASKED, choose_rejection
from automl.components import Task
from automl.evaluation.calibration import AS_IT_IS

TASK = Task(
    kind="text-classification", num_outputs=3, input_shape=(8,), class_names=("a", "b", "none"), vocabulary_size=9
)
ROWS = 2_000


class Val(SimpleNamespace):
    """A split of rows whose inputs are their numbers."""

    def __len__(self) -> int:
        return len(self.targets)


class Model:
    """Its energies tell at once which rows no class fits; its probabilities tell nothing."""

    task = TASK

    def __init__(self, targets: np.ndarray) -> None:
        self.targets = targets
        self.asked = 0

    def uncalibrated(self, inputs: np.ndarray) -> np.ndarray:
        return np.full((len(inputs), 3), 1 / 3, np.float32)

    def with_energies(self, inputs: np.ndarray, outside: int | None) -> tuple[np.ndarray, np.ndarray]:
        assert outside == 2
        self.asked += len(inputs)
        rows = inputs[:, 0]
        return self.uncalibrated(inputs), np.where(self.targets[rows] == 2, 0.0, 5.0) + rows / ROWS


def test_energies_are_asked_for_of_a_sample_of_both_kinds_of_rows() -> None:
    targets = np.where(np.arange(ROWS) % 10 == 0, 2, np.arange(ROWS) % 2)
    model: Any = Model(targets)
    val: Any = Val(inputs=np.arange(ROWS)[:, None], targets=targets)
    choice = choose_rejection(model, AS_IT_IS, val, "none", None)
    assert model.asked == ASKED
    assert choice.rejection.score == "energy"
    assert choice.found == 1.0
    assert 1 < choice.rejection.threshold < 5.01
