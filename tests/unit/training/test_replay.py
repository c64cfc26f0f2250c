"""What was trained is trained again, to the last digit: also where its configuration changed on the way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from automl.components import Catalog
from automl.evaluation import find_metric
from automl.training import TrainingData
from automl.training.checkpoint import read_weights
from automl.training.device import DeviceData
from automl.training.epochs import EpochResult
from automl.training.replay import Line, replay
from automl.training.trainer import Trainer

MakeTrainer = Callable[..., Trainer]
Configure = Callable[..., dict[str, Any]]
Replay = Callable[..., list[EpochResult]]
PLAIN: dict[str, Any] = {"training.epochs": 6, "training.lr": 0.01}
RICH = {
    "training.optimizer": "sgd",
    "training.momentum": 0.9,
    "training.schedule": "plateau",
    "augmentation.random_affine": True,
    "augmentation.random_affine.degrees": 10.0,
    "regularizer.dropout": True,
    "regularizer.dropout.p": 0.2,
    "regularizer.l1": True,
    "regularizer.l1.strength": 1e-5,
    "regularizer.ema": True,
}


@pytest.fixture
def again(shared_catalog: Catalog, make_data: Callable[..., TrainingData], tmp_path: Path) -> Replay:
    """again(line, seed) -> the epochs of a replay; its weights lie in tmp_path / "again" / "best.safetensors"."""

    def run(line: Line, seed: int) -> list[EpochResult]:
        data = make_data()
        on = DeviceData.on(torch.device("cpu"), data)
        metric = find_metric("accuracy", data.task.kind)
        weights = tmp_path / "again" / "best.safetensors"
        return list(replay(shared_catalog, on, line, metric=metric, seed=seed, weights=weights))

    return run


def check_same_weights(one: Path, other: Path) -> None:
    theirs = read_weights(other)
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in read_weights(one).items())


@pytest.mark.parametrize("settings", [{}, RICH], ids=["plain", "rich"])
def test_a_training_without_changes_gives_the_same_epochs_and_weights(
    make_trainer: MakeTrainer, configure: Configure, again: Replay, tmp_path: Path, settings: dict[str, Any]
) -> None:
    configuration = configure("small_cnn", PLAIN | settings, width=8, stages=2)
    trainer = make_trainer(configuration, seed=5)
    expected = [trainer.run_epoch() for _ in range(6)]
    torch.manual_seed(99)
    assert again([(0, configuration)], 5) == expected
    check_same_weights(tmp_path / "again" / "best.safetensors", tmp_path / "best.safetensors")
    assert not (tmp_path / "again" / "last.safetensors").exists()


def test_a_line_gives_what_the_last_heir_of_a_population_was_trained_with(
    make_trainer: MakeTrainer, configure: Configure, again: Replay, tmp_path: Path
) -> None:
    """Three trials with seeds of their own, each from where the one before was after its second epoch."""
    first = configure("small_cnn", PLAIN | RICH, width=8, stages=2)
    second = first | {"training.lr": 0.012, "regularizer.l1.strength": 3e-4, "augmentation.random_affine.degrees": 30.0}
    third = second | {"training.momentum": 0.72, "regularizer.dropout.p": 0.5}
    line = [(0, first), (2, second), (4, third)]
    expected: list[EpochResult] = []
    for number, (since, configuration) in enumerate(line):
        trainer = make_trainer(configuration, seed=10 + number, weights=f"{number}/best.safetensors")
        if since:
            trainer.restore(tmp_path / f"{number - 1}.safetensors")
        expected += [trainer.run_epoch() for _ in range(2)]
        trainer.save(tmp_path / f"{number}.safetensors", {})
    torch.manual_seed(99)
    found = again(line, 10)
    assert found == expected
    assert [result.is_best for result in found][::2] == [True] * 3, "it counts anew from each takeover"
    check_same_weights(tmp_path / "again" / "best.safetensors", tmp_path / "2" / "best.safetensors")
    assert again([(0, first), (2, second | {"training.lr": 0.013}), (4, third)], 10) != expected


def test_the_parameters_of_each_part_are_in_force_in_its_epochs(configure: Configure, again: Replay) -> None:
    settings = PLAIN | {"training.schedule": "constant", "training.lr": 0.01}
    first = configure("mlp", settings, width=16)
    line = [(0, first), (2, first | {"training.lr": 0.02}), (5, first | {"training.lr": 0.002})]
    rates = [result.metrics["lr"] for result in again(line, 0)]
    assert rates == pytest.approx([0.01, 0.01, 0.02, 0.02, 0.02, 0.002])


def test_a_training_that_ends_by_itself_ends_again(configure: Configure, again: Replay) -> None:
    stopping = {"regularizer.early_stopping": True, "regularizer.early_stopping.patience": 1}
    first = configure("mlp", PLAIN | stopping | {"training.epochs": 40}, width=16)
    results = again([(0, first), (39, first)], 0)
    assert len(results) < 39 and "early stopping" in str(results[-1].end)
