from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, AdamW

from automl.space import TrainingSettings
from automl.training.optimization import Schedule, make_optimizer, parameter_groups

STEPS = 5


def settings(**changes: Any) -> TrainingSettings:
    return TrainingSettings(**{"lr": 1.0, "optimizer": "sgd", "epochs": 10, "schedule": "constant", **changes})


def rates(chosen: TrainingSettings, merits: list[float] | None = None) -> list[list[float]]:
    """The learning rate at each step of each epoch, and at the end."""
    optimizer = make_optimizer(chosen, parameter_groups(nn.Linear(2, 2)))
    schedule = Schedule(chosen, optimizer, [STEPS] * chosen.epochs)
    seen: list[list[float]] = []
    for epoch in range(chosen.epochs):
        seen.append([])
        for _ in range(STEPS):
            seen[-1].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        schedule.end_epoch(merits[epoch] if merits else 0.0)
    return [*seen, [optimizer.param_groups[0]["lr"]]]


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_the_first_epoch_warms_up(schedule: Any) -> None:
    first, second, *_ = rates(settings(schedule=schedule), merits=[float(n) for n in range(10)])
    assert first == sorted(first)
    assert first[0] == pytest.approx(1 / 6) and first[-1] == pytest.approx(5 / 6)
    assert second[0] == pytest.approx(1.0)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_a_single_epoch_has_no_warm_up(schedule: Any) -> None:
    assert rates(settings(schedule=schedule, epochs=1))[0][0] == pytest.approx(1.0)


def test_cosine_falls_to_zero() -> None:
    _, *later = rates(settings(schedule="cosine"))
    falling = [rate for epoch in later for rate in epoch]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == pytest.approx(0.0, abs=1e-9)
    assert later[0][0] > 0.9 and 0.4 < later[4][0] < 0.7


def test_constant_stays_at_the_peak() -> None:
    _, *later = rates(settings(schedule="constant"))
    assert {rate for epoch in later for rate in epoch} == {1.0}


@pytest.mark.parametrize("level", [0.8, 0.0, -0.8, -1e3, float("-inf")])
def test_plateau_drops_when_the_metric_does_not_improve(level: float) -> None:
    """Minimized metrics come with a minus sign: -0.8 doesn't improve on -0.8."""
    epochs = rates(settings(schedule="plateau"), merits=[level] * 10)
    assert epochs[3][-1] == pytest.approx(1.0)
    assert epochs[5][0] == pytest.approx(0.3)


@pytest.mark.parametrize("start", [0.5, -0.5])
def test_plateau_stays_while_the_metric_improves(start: float) -> None:
    epochs = rates(settings(schedule="plateau"), merits=[start + epoch / 100 for epoch in range(10)])
    assert epochs[-1] == [pytest.approx(1.0)]


def test_biases_and_norms_are_apart_from_matrices() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    matrices, vectors = parameter_groups(model)
    assert [p.ndim for p in matrices["params"]] == [4, 2]
    assert all(p.ndim == 1 for p in vectors["params"])
    assert len(matrices["params"]) + len(vectors["params"]) == len(list(model.parameters()))


def test_frozen_weights_are_not_trained() -> None:
    model = nn.Linear(2, 2)
    model.weight.requires_grad = False
    assert parameter_groups(model)[0]["params"] == []


def test_the_optimizer_is_the_one_of_the_settings() -> None:
    groups = parameter_groups(nn.Linear(2, 2))
    sgd = make_optimizer(settings(lr=0.1, momentum=0.8), groups)
    assert isinstance(sgd, SGD)
    assert (sgd.defaults["lr"], sgd.defaults["momentum"], sgd.defaults["nesterov"]) == (0.1, 0.8, True)
    assert isinstance(make_optimizer(settings(momentum=0.0), groups), SGD)
    adamw = make_optimizer(settings(optimizer="adamw", lr=0.1), groups)
    assert isinstance(adamw, AdamW)
    assert [group["weight_decay"] for group in adamw.param_groups] == [0.0, 0.0]


def test_a_step_with_the_peak_rate_moves_the_weights() -> None:
    layer = nn.Linear(2, 2)
    before = layer.weight.detach().clone()
    optimizer = make_optimizer(settings(), parameter_groups(layer))
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert not torch.equal(before, layer.weight)
