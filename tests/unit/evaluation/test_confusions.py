"""Classes that are taken for each other, and labels that the model contradicts, are found with their rows."""

import numpy as np

from automl.evaluation.confusions import confusions, doubtful


def sure(labels: np.ndarray, classes: int, of: float = 0.9) -> np.ndarray:
    probabilities = np.full((len(labels), classes), (1 - of) / (classes - 1), np.float32)
    probabilities[np.arange(len(labels)), labels] = of
    return probabilities


def test_the_most_frequent_pair_comes_first_with_its_surest_rows() -> None:
    targets = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([1, 1, 0, 1, 2, 2])
    probabilities = sure(predicted, 3)
    probabilities[1] = [0.0, 1.0, 0.0]
    first, second = confusions(probabilities, targets)
    assert (first.actual, first.predicted, first.count, first.rows) == (0, 1, 2, (1, 0))
    assert first.share == 2 / 3
    assert (second.actual, second.predicted) == (1, 2)
    assert confusions(sure(targets, 3), targets) == ()


def test_labels_that_the_model_contradicts_are_doubtful() -> None:
    truth = np.arange(300) % 3
    labels = truth.copy()
    labels[[10, 20, 30]] = (truth[[10, 20, 30]] + 1) % 3
    assert set(doubtful(sure(truth, 5, 0.96), labels).tolist()) == {10, 20, 30}
    assert len(doubtful(sure(truth[:50], 5), labels[:50])) == 0
