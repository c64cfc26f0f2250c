import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from automl.components import Catalog, Int, Regularizer, Task, model, regularizer
from automl.errors import TrialError, TrialStopped
from automl.evaluation import metrics_of
from automl.training import TrainingData
from automl.training.checkpoint import read_weights
from automl.training.trainer import Trainer

MakeTrainer = Callable[..., Trainer]
Configure = Callable[..., dict[str, Any]]
ALL_TASKS = ("image-classification", "image-regression")


def train(trainer: Trainer) -> list[dict[str, float]]:
    return [trainer.run_epoch().metrics for _ in range(trainer.epochs)]


def test_training_learns(make_trainer: MakeTrainer, configure: Configure) -> None:
    trainer = make_trainer(configure("mlp", {"training.epochs": 20, "training.lr": 0.02}, width=16, depth=1))
    history = train(trainer)
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert history[-1]["val_accuracy"] > 0.8
    assert trainer.epoch == trainer.epochs == 20


def test_an_epoch_tells_its_figures(
    make_trainer: MakeTrainer, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    result = make_trainer(configure("mlp", width=16)).run_epoch()
    assert result.epoch == 1 and result.is_best
    assert set(result.metrics) == {
        "train_loss",
        "lr",
        *(f"val_{metric.name}" for metric in metrics_of(make_data().task)),
    }
    assert result.merit == (result.metrics["val_accuracy"], -result.metrics["val_log_loss"])


def test_a_regression_learns(
    make_trainer: MakeTrainer, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    trainer = make_trainer(configure("mlp", {"training.epochs": 10}, width=16, depth=1), data=make_data(classes=0))
    history = train(trainer)
    assert history[-1]["val_mse"] < history[0]["val_mse"]
    assert history[-1]["val_r2"] > 0


def test_a_minimized_metric_is_minimized(make_trainer: MakeTrainer, configure: Configure) -> None:
    result = make_trainer(configure("mlp", width=16), metric="log_loss").run_epoch()
    assert result.merit[0] == -result.metrics["val_log_loss"]


def test_the_best_epoch_is_kept_not_the_last(make_trainer: MakeTrainer, configure: Configure, tmp_path: Path) -> None:
    class Spoil(Regularizer):
        """From the second epoch on, all weights are zero when it is validated."""

        epochs = 0

        def after_epoch(self, model: nn.Module, progress: float) -> None:
            self.epochs += 1
            if self.epochs > 1:
                for parameter in model.parameters():
                    nn.init.zeros_(parameter)

    @regularizer("spoil")
    def spoil() -> Regularizer:
        """Spoils the weights."""
        return Spoil()

    trainer = make_trainer(configure("mlp", {"regularizer.spoil": True, "training.lr": 0.01}, width=16))
    first = trainer.run_epoch()
    kept = (tmp_path / "best.safetensors").read_bytes()
    second = trainer.run_epoch()
    assert (first.is_best, second.is_best) == (True, False)
    assert first.merit > second.merit
    assert (tmp_path / "best.safetensors").read_bytes() == kept
    assert any(tensor.abs().max() > 0 for tensor in read_weights(tmp_path / "best.safetensors").values())


def test_equal_values_are_decided_by_the_smooth_loss(make_trainer: MakeTrainer, configure: Configure) -> None:
    trainer = make_trainer(configure("mlp", {"training.epochs": 20, "training.lr": 0.02}, width=16, depth=1))
    results = [trainer.run_epoch() for _ in range(8)]
    best = max(result.merit for result in results)
    assert [result.merit for result in results if result.is_best][-1] == best
    accuracies = [result.metrics["val_accuracy"] for result in results if result.is_best]
    assert len(accuracies) > len(set(accuracies)), "the accuracy should have stood still while the loss fell"


def test_a_metric_that_is_not_defined_counts_as_worst(
    make_trainer: MakeTrainer, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    data = make_data()
    one_class = replace(data, val_targets=np.zeros_like(data.val_targets))
    result = make_trainer(configure("mlp", width=16), metric="auc", data=one_class).run_epoch()
    assert math.isnan(result.metrics["val_auc"])
    assert result.merit[0] == -math.inf and result.is_best


RANDOM = {
    "augmentation.gaussian_noise": True,
    "augmentation.gaussian_noise.std": 0.1,
    "regularizer.dropout": True,
    "regularizer.dropout.p": 0.5,
    "training.epochs": 3,
}


def test_the_same_seed_gives_the_same_trial(make_trainer: MakeTrainer, configure: Configure, tmp_path: Path) -> None:
    chosen = configure("mlp", RANDOM, width=16)
    first = train(make_trainer(chosen, seed=5, weights="a.safetensors"))
    torch.rand(7)  # what else happens in the process doesn't matter
    np.random.default_rng(0).random(7)
    second = train(make_trainer(chosen, seed=5, weights="b.safetensors"))
    assert first == second
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_another_seed_gives_another_trial(make_trainer: MakeTrainer, configure: Configure) -> None:
    chosen = configure("mlp", RANDOM, width=16)
    first, second = (train(make_trainer(chosen, seed=seed)) for seed in (5, 6))
    assert first[0]["train_loss"] != second[0]["train_loss"]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_the_trial(
    make_trainer: MakeTrainer, configure: Configure, value: float, tmp_path: Path
) -> None:
    @model("exploding", task=ALL_TASKS)
    def exploding(task: Task) -> nn.Module:
        """Outputs what isn't finite."""

        class Exploding(nn.Linear):
            def forward(self, images: Tensor) -> Tensor:
                outputs: Tensor = super().forward(images.flatten(1)) * value
                return outputs

        return Exploding(64, task.num_outputs)

    with pytest.raises(TrialError, match=r"diverged: the training loss is nan in epoch 1"):
        make_trainer(configure("exploding")).run_epoch()
    assert not (tmp_path / "best.safetensors").exists()


def test_predictions_that_are_not_finite_end_the_trial(make_trainer: MakeTrainer, configure: Configure) -> None:
    @model("good_in_training", task=ALL_TASKS)
    def good_in_training(task: Task) -> nn.Module:
        """Finite while training only."""

        class Half(nn.Linear):
            def forward(self, images: Tensor) -> Tensor:
                outputs: Tensor = super().forward(images.flatten(1))
                return outputs if self.training else outputs * math.nan

        return Half(64, task.num_outputs)

    with pytest.raises(TrialError, match=r"predictions aren't finite after epoch 1"):
        make_trainer(configure("good_in_training")).run_epoch()


def test_a_trial_stops_in_the_middle_of_an_epoch_and_keeps_what_was_best(
    make_trainer: MakeTrainer, configure: Configure, tmp_path: Path
) -> None:
    trainer = make_trainer(configure("mlp", width=16))
    trainer.run_epoch()
    kept = (tmp_path / "best.safetensors").read_bytes()
    answers = iter([None, "time budget"])
    with pytest.raises(TrialStopped, match=r"time budget"):
        trainer.run_epoch(lambda: next(answers))
    assert next(answers, "asked twice") == "asked twice"
    assert trainer.epoch == 1
    assert (tmp_path / "best.safetensors").read_bytes() == kept


def test_a_last_batch_of_one_does_not_break_batch_norm(
    make_trainer: MakeTrainer, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    result = make_trainer(configure("mlp", width=16), data=make_data(train=17)).run_epoch()
    assert math.isfinite(result.metrics["train_loss"])


def test_balanced_class_weights_change_the_loss(
    make_trainer: MakeTrainer, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    data = make_data(classes=2)
    rare = replace(data, train_targets=(np.arange(24) % 8 == 0).astype(np.int64))
    first, second = (
        make_trainer(configure("mlp", {"training.class_weights": weights}), data=rare).run_epoch().metrics["train_loss"]
        for weights in ("none", "balanced")
    )
    assert first != second


def test_read_only_arrays_are_trained_on(
    make_trainer: MakeTrainer, configure: Configure, make_data: Callable[..., TrainingData]
) -> None:
    data = make_data()
    for array in (data.train_inputs, data.train_targets, data.val_inputs, data.val_targets):
        array.setflags(write=False)
    before = data.train_inputs.copy()
    train(make_trainer(configure("mlp", RANDOM, width=16), data=data))
    np.testing.assert_array_equal(data.train_inputs, before)


def test_the_number_of_weights_is_told(make_trainer: MakeTrainer, configure: Configure) -> None:
    trainer = make_trainer(configure("mlp", width=16, depth=1))
    assert trainer.parameters == 64 * 16 + 2 * 16 + 16 * 3 + 3


def test_a_value_that_the_model_refuses_raises_its_own_error(
    make_trainer: MakeTrainer, configure: Configure, shared_catalog: Catalog
) -> None:
    @model("picky", task=ALL_TASKS)
    def picky(width: Annotated[int, Int(1, 9)] = 3) -> nn.Module:
        """Refuses an even width."""
        raise ValueError(f"{width} is even")

    with pytest.raises(ValueError, match=r"4 is even"):
        make_trainer(configure("picky", width=4))
