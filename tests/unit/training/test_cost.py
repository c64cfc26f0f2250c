from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from automl.training import TrainingData, cost
from automl.training.cost import latencies, size_mb
from automl.training.scaling import scaling_for
from automl.training.trainer import Trainer

Configure = Callable[..., dict[str, Any]]


Measure = Callable[["Timed"], dict[str, float]]


class Timed(nn.Module):
    """Takes so many seconds of a clock of its own for each call; remembers what it was given."""

    def __init__(self, *seconds: float) -> None:
        super().__init__()
        self.seconds = list(seconds)
        self.now = 0.0
        self.calls: list[tuple[int, bool]] = []

    def forward(self, inputs: Tensor) -> Tensor:
        self.calls.append((len(inputs), self.training))
        self.now += self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        return torch.zeros(len(inputs), 3)


@pytest.fixture
def measure(make_data: Callable[..., TrainingData], monkeypatch: pytest.MonkeyPatch) -> Measure:
    def measured(model: Timed) -> dict[str, float]:
        monkeypatch.setattr(cost.time, "perf_counter", lambda: model.now)
        data, cpu = make_data(), torch.device("cpu")
        return latencies(model, data.val_inputs, scaling_for(data.preparation, cpu), data.task, cpu)

    return measured


def test_latency_is_of_one_input_once_it_is_warm(measure: Measure) -> None:
    model = Timed(9.0, 8.0, 7.0, 0.004, 0.003, 0.002)
    model.train()
    found = measure(model)
    assert found["latency_ms"] == pytest.approx(2.0)
    assert found["latency_p95_ms"] == pytest.approx(2.0), "two of a hundred took longer"
    assert model.calls == [(1, False)] * (cost.WARM_UP + cost.RUNS), "one input, in evaluation mode"
    assert model.training, "and it goes on training"


def test_a_slow_model_is_measured_less_often(measure: Measure) -> None:
    model = Timed(5.0)
    assert measure(model) == pytest.approx({"latency_ms": 5000.0, "latency_p95_ms": 5000.0})
    assert len(model.calls) == cost.WARM_UP + 1


def test_size_counts_weights_and_buffers_as_they_are_saved() -> None:
    assert size_mb(nn.Linear(1000, 250)) == pytest.approx(1.001)
    assert size_mb(nn.Linear(1000, 250).half()) == pytest.approx(0.5005)
    assert size_mb(nn.BatchNorm1d(100)) == pytest.approx((4 * 4 * 100 + 8) / 1e6), "two of them buffers, and a count"


def test_measuring_changes_nothing_of_the_training(make_trainer: Callable[..., Trainer], configure: Configure) -> None:
    chosen = configure("small_cnn", {"training.epochs": 2, "regularizer.dropout": True})
    undisturbed = make_trainer(chosen)
    expected = [undisturbed.run_epoch().metrics, undisturbed.run_epoch().metrics]
    measured = make_trainer(chosen)
    first = measured.run_epoch().metrics
    assert measured.latencies()["latency_ms"] > 0 and measured.size_mb >= 4e-6 * measured.parameters
    assert [first, measured.run_epoch().metrics] == expected
