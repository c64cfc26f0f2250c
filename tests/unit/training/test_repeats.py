"""A run that repeats another one on data that leave nothing to validate on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.training import TrainingData
from automl.training.checkpoint import read_weights
from automl.training.trainer import Trainer

MakeTrainer = Callable[..., Trainer]
Configure = Callable[..., dict[str, Any]]
EPOCHS = 6


@pytest.fixture
def repeat(make_trainer: MakeTrainer, configure: Configure) -> MakeTrainer:
    """repeat(repeats, settings) -> a trainer of a small network that repeats a run with these merits."""

    def make(repeats: list[float], settings: dict[str, Any] | None = None, **parts: Any) -> Trainer:
        chosen = configure("mlp", {"training.epochs": EPOCHS, "training.lr": 0.01, **(settings or {})}, width=16)
        return make_trainer(chosen, weights="again.safetensors", repeats=repeats, **parts)

    return make


def test_it_ends_after_as_many_epochs_and_keeps_the_last_weights(repeat: MakeTrainer, tmp_path: Path) -> None:
    trainer = repeat([0.5, 0.9, 0.7])
    results = []
    while not results or results[-1].end is None:
        assert not (tmp_path / "again.safetensors").exists()
        results.append(trainer.run_epoch())
    assert [result.is_best for result in results] == [False, False, True]
    assert [set(result.metrics) for result in results] == [{"train_loss", "lr"}] * 3
    assert results[-1].end == "all epochs done" and trainer.progress == 1
    kept = read_weights(tmp_path / "again.safetensors")
    for name, tensor in trainer._model.state_dict().items():
        np.testing.assert_array_equal(kept[name], tensor)


def test_validation_is_not_looked_at(repeat: MakeTrainer, make_data: Callable[..., TrainingData]) -> None:
    data = make_data()
    spoiled = replace(data, val_targets=np.full_like(data.val_targets, 99))
    repeat([0.5], data=spoiled).run_epoch()


@pytest.mark.parametrize("schedule", ["cosine", "plateau", "constant"])
def test_on_the_same_data_it_is_the_same_run(
    make_trainer: MakeTrainer,
    configure: Configure,
    repeat: MakeTrainer,
    monkeypatch: pytest.MonkeyPatch,
    schedule: str,
) -> None:
    """The schedule is as long as it was, and what validation decided is decided again."""
    settings = {"training.schedule": schedule, "training.epochs": EPOCHS, "training.lr": 0.01}
    first = make_trainer(configure("mlp", settings, width=16))
    worse_and_worse = [1.0 - epoch / 10 for epoch in range(EPOCHS)]  # so that a plateau lowers the rate
    monkeypatch.setattr("automl.training.base.merit", lambda *_: (worse_and_worse[first.epoch - 1], 0.0))
    rates = [first.run_epoch().metrics["lr"] for _ in range(EPOCHS)]
    again = repeat(worse_and_worse[: EPOCHS - 1], settings)
    assert [again.run_epoch().metrics["lr"] for _ in range(EPOCHS - 1)] == rates[:-1]
    assert (len(set(rates)) > 1) == (schedule != "constant")


def test_a_regularizer_hears_what_validation_had_said(repeat: MakeTrainer) -> None:
    stopping = {"regularizer.early_stopping": True, "regularizer.early_stopping.patience": 2}
    trainer = repeat([0.9, 0.8, 0.7, 0.6], stopping)
    ends = [trainer.run_epoch().end for _ in range(3)]
    assert ends[:2] == [None, None] and ends[2], "two epochs without a better one"
