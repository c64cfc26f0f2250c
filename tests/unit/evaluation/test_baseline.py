from collections.abc import Callable

import numpy as np

from automl.components import Task
from automl.evaluation import baseline_predictions

MakeTask = Callable[..., Task]


def test_a_classification_is_guessed_by_the_class_frequencies(make_task: MakeTask) -> None:
    predicted = baseline_predictions(make_task(classes=3), np.array([0, 0, 0, 2]), 5)
    assert predicted.dtype == np.float32
    np.testing.assert_array_equal(predicted, [[0.75, 0.0, 0.25]] * 5)


def test_a_regression_is_guessed_by_the_mean(make_task: MakeTask) -> None:
    targets = np.array([[1.0, 10.0], [3.0, 20.0]], dtype=np.float32)
    np.testing.assert_array_equal(baseline_predictions(make_task(classes=0), targets, 2), [[2.0, 15.0]] * 2)
