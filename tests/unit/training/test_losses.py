from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional

from automl.components import Task
from automl.training.losses import balanced_weights, loss_for

MakeTask = Callable[..., Task]


def test_a_classification_takes_indices_or_probabilities(make_task: MakeTask) -> None:
    loss = loss_for(make_task(classes=3), None)
    outputs, targets = torch.randn(5, 3), torch.tensor([0, 1, 2, 1, 0])
    expected = functional.cross_entropy(outputs, targets)
    torch.testing.assert_close(loss(outputs, targets), expected)
    torch.testing.assert_close(loss(outputs, functional.one_hot(targets, 3).float()), expected)


def test_a_regression_is_trained_on_squared_errors(make_task: MakeTask) -> None:
    loss = loss_for(make_task(classes=0), None)
    assert loss(torch.tensor([[1.0], [3.0]]), torch.tensor([[0.0], [0.0]])).item() == pytest.approx(5.0)


def test_weights_count_rare_classes_more(make_task: MakeTask) -> None:
    outputs = torch.tensor([[2.0, 0.0], [2.0, 0.0]])
    right, wrong = torch.tensor([0, 0]), torch.tensor([0, 1])
    plain, weighted = (loss_for(make_task(classes=2), w) for w in (None, torch.tensor([1.0, 9.0])))
    assert weighted(outputs, wrong) > plain(outputs, wrong)
    torch.testing.assert_close(weighted(outputs, right), plain(outputs, right))


def test_balanced_weights_are_inverse_frequencies_and_1_on_average(make_task: MakeTask) -> None:
    targets = np.array([0] * 6 + [1] * 3 + [2])
    weights = balanced_weights(targets, make_task(classes=3))
    torch.testing.assert_close(weights, torch.tensor([10 / 18, 10 / 9, 10 / 3]))
    assert weights[targets].mean().item() == pytest.approx(1.0)


def test_a_class_that_is_absent_has_a_finite_weight(make_task: MakeTask) -> None:
    assert balanced_weights(np.array([0, 0, 1]), make_task(classes=3)).isfinite().all()
