"""When a model says that no class fits: by what it predicts for validation, asked again for some of it alone."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from automl.api.rejecting import ASKED, ASKED_MORE, choose_rejection
from automl.components import Task
from automl.evaluation.calibration import AS_IT_IS

TASK = Task(
    kind="text-classification", num_outputs=3, input_shape=(8,), class_names=("a", "b", "none"), vocabulary_size=9
)
ROWS = 3_000


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


def test_energies_are_asked_for_of_few_rows_then_of_enough_for_a_threshold() -> None:
    targets = np.where(np.arange(ROWS) % 10 == 0, 2, np.arange(ROWS) % 2)
    model: Any = Model(targets)
    val: Any = Val(inputs=np.arange(ROWS)[:, None], targets=targets)
    choice = choose_rejection(model, AS_IT_IS, val, "none", None)
    assert model.asked == ASKED + ASKED_MORE
    assert choice.rejection.score == "energy"
    assert choice.found == 1.0
    assert 1 < choice.rejection.threshold < 5.01


def test_where_energies_tell_no_more_probabilities_of_all_rows_decide() -> None:
    targets = np.where(np.arange(ROWS) % 10 == 0, 2, np.arange(ROWS) % 2)
    model: Any = Model(np.zeros(ROWS))
    predicted = np.full((ROWS, 3), 0.01, np.float32)
    predicted[np.arange(ROWS), targets] = 0.98
    predicted[targets == 2, :2] = 0.5
    val: Any = Val(inputs=np.arange(ROWS)[:, None], targets=targets)
    choice = choose_rejection(model, AS_IT_IS, val, "none", predicted)
    assert model.asked == ASKED
    assert choice.rejection.score == "softmax"
    assert choice.found == 1.0
