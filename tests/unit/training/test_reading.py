"""Texts on their way to a net: read once, cut to the longest of a batch, and predictions in the order of the rows."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from automl.components import Catalog, Task
from automl.data import TextPreparation, rows_of
from automl.evaluation import find_metric
from automl.training import TrainingData
from automl.training.arrays import POOL, DeviceArray, shuffled
from automl.training.bag import Bag
from automl.training.device import DeviceData
from automl.training.inference import predict
from automl.training.making import make_trainer
from automl.training.reading import Readings, lengths_of
from automl.training.scaling import scaling_for

CPU = torch.device("cpu")
WORDS = ("card", "lost", "where", "money", "transfer", "please")
TEXTS = [" ".join(WORDS[: 1 + number % 6]) for number in range(30)]


@pytest.fixture
def preparation() -> TextPreparation:
    return TextPreparation.fit(TEXTS, ["text"])


@pytest.fixture
def task(preparation: TextPreparation) -> Task:
    return Task(
        kind="text-classification",
        num_outputs=2,
        input_shape=preparation.shape,
        class_names=("a", "b"),
        vocabulary_size=preparation.vocabulary_size,
    )


@pytest.fixture
def make_texts(preparation: TextPreparation, task: Task) -> Callable[..., TrainingData]:
    """make_texts(folds=None) -> 30 short texts to train on, the same to validate."""

    def make(folds: np.ndarray | None = None) -> TrainingData:
        rows, targets = rows_of(TEXTS), np.array(["where" in text for text in TEXTS], np.int64)
        return TrainingData(task, preparation, rows, targets, rows, targets, folds)

    return make


class Counting(nn.Module):
    """Says of each text how many tokens it has and how wide its batch was."""

    def __init__(self) -> None:
        super().__init__()
        self.widths: list[int] = []

    def forward(self, tokens: Tensor) -> Tensor:
        self.widths.append(tokens.shape[1])
        count = (tokens != 0).sum(1, keepdim=True).float()
        return torch.cat([torch.zeros_like(count), count / 10], 1)


class Letters(nn.Module):
    """Reads texts itself, as two numbers, and notes which it was asked to read."""

    reads = "letters"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.head = nn.Linear(2, 2)

    def read(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), text.count("a")] for text in texts], np.float32)

    def forward(self, features: Tensor) -> Tensor:
        return self.head(features)


def _predict(model: nn.Module, texts: list[str], preparation: TextPreparation, task: Task) -> np.ndarray:
    return predict(model, DeviceArray(rows_of(texts), CPU), scaling_for(preparation, CPU), task)


def test_predictions_stand_in_the_order_of_the_texts_whatever_their_lengths(
    preparation: TextPreparation, task: Task
) -> None:
    texts = [" ".join(["card"] * (1 + number * 7 % 5)) for number in range(300)]

    predicted = _predict(Counting(), texts, preparation, task)

    expected = np.array([len(text.split()) for text in texts]) / 10
    assert np.allclose(np.log(predicted[:, 1] / predicted[:, 0]), expected, atol=1e-5)


def test_a_batch_of_short_texts_is_not_padded_to_the_longest_of_all(preparation: TextPreparation, task: Task) -> None:
    model = Counting()

    _predict(model, ["card"] * 200 + [" ".join(WORDS)] * 10, preparation, task)

    longest = preparation.tokenize([" ".join(WORDS)]).shape[1]
    assert model.widths == [1, longest]


def test_no_texts_and_empty_texts_are_predicted(preparation: TextPreparation, task: Task) -> None:
    assert _predict(Counting(), [], preparation, task).shape == (0, 2)
    assert np.allclose(_predict(Counting(), ["", ""], preparation, task), 0.5)


def test_members_of_a_bag_read_each_in_their_own_way(preparation: TextPreparation, task: Task) -> None:
    tokens, letters = Counting(), Letters()

    together = _predict(Bag([tokens, letters]), TEXTS, preparation, task)

    alone = [_predict(model, TEXTS, preparation, task) for model in (tokens, letters)]
    assert np.allclose(together, np.mean(alone, axis=0))


def test_each_distinct_text_is_read_once_for_all_trials_and_folds(make_texts: Callable[..., TrainingData]) -> None:
    data = DeviceData.on(CPU, make_texts(np.arange(len(TEXTS)) // 10))
    first, second = Letters(), Letters()

    for fold in data.folds:
        fold.scaling.read(first, fold.train_inputs)
        found = fold.scaling.read(second, fold.val_inputs)

    assert sorted(first.asked) == sorted(set(TEXTS)) and second.asked == []
    assert found.array.shape == (10, 2)


def test_what_names_no_reading_is_read_anew(preparation: TextPreparation) -> None:
    model, readings = Letters(), Readings(preparation, remember=True)
    model.reads = None  # type: ignore[assignment]

    readings.of(model, rows_of(["card"]))
    readings.of(model, rows_of(["card"]))

    assert model.asked == ["card", "card"]


def test_reading_is_a_part_of_the_latency(
    catalog: Catalog, make_texts: Callable[..., TrainingData], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = _trainer(catalog, DeviceData.on(CPU, make_texts()), tmp_path)
    asked: list[int] = []
    tokenize = TextPreparation.tokenize

    def counted(self: TextPreparation, texts: Sequence[str]) -> np.ndarray:
        asked.append(len(texts))
        return tokenize(self, texts)

    monkeypatch.setattr(TextPreparation, "tokenize", counted)
    trainer.latencies()

    assert len(asked) > 3 and set(asked) == {1}


def test_lengths_count_tokens_to_the_last_one() -> None:
    tokens = np.array([[5, 1, 0], [0, 0, 0], [3, 0, 2], [1, 0, 0]])

    assert lengths_of(tokens).tolist() == [2, 0, 3, 1]  # type: ignore[union-attr]
    assert lengths_of(np.ones((2, 3), np.float32)) is None


def test_batches_hold_texts_of_like_length_and_each_text_once() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, 1001)

    batches = list(shuffled(1001, 10, np.random.default_rng(1), lengths))

    assert sorted(np.concatenate(batches)) == sorted(set(range(1001)) - _left_out(batches))
    assert np.mean([np.ptp(lengths[batch]) for batch in batches]) < 50 / POOL * 3
    means = [lengths[batch].mean() for batch in batches]
    assert np.abs(np.diff(means)).mean() > 5  # the short ones don't come first
    again = shuffled(1001, 10, np.random.default_rng(1), lengths)
    assert all(np.array_equal(one, other) for one, other in zip(batches, again, strict=True))


def _left_out(batches: list[np.ndarray]) -> set[int]:
    """A last batch of one isn't trained on."""
    missing = set(range(1001)) - set(np.concatenate(batches).tolist())
    assert len(missing) == 1
    return missing


def _trainer(catalog: Catalog, data: DeviceData, folder: Path) -> Any:
    settings = {"optimizer": "adamw", "lr": 0.01, "batch_size": 8, "epochs": 12}
    model = {"model": "text_cnn", "model.text_cnn.embedding": 32, "model.text_cnn.width": 32}
    configuration = {**model, **{f"training.{name}": value for name, value in settings.items()}}
    metric = find_metric("accuracy", "text-classification")
    return make_trainer(catalog, data, configuration, metric=metric, seed=0, weights=folder / "best.safetensors")


@pytest.mark.parametrize("folds", [None, np.arange(30) // 6 % 2])
def test_a_net_learns_from_texts(
    catalog: Catalog, make_texts: Callable[..., TrainingData], tmp_path: Path, folds: np.ndarray | None
) -> None:
    trainer = _trainer(catalog, DeviceData.on(CPU, make_texts(folds)), tmp_path)

    result = trainer.run_epoch()
    while not result.end:
        result = trainer.run_epoch()

    assert result.metrics["val_accuracy"] == 1.0
