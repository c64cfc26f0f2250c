"""Nets that learn what each word is: of its neighbours, in the order of the words, and back from a bundle."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from automl.components import Catalog, word_pieces
from automl.data import Dataset, Marked, TextOptions, load_words, texts_of
from automl.evaluation import find_metric
from automl.evaluation.sample import labels_of
from automl.space import compose
from automl.training import TrainingData
from automl.training.arrays import DeviceArray
from automl.training.base import BaseTrainer
from automl.training.bundle import Part, write_bundle
from automl.training.data import PREDICTIONS
from automl.training.device import DeviceData
from automl.training.inference import predict
from automl.training.making import make_trainer
from automl.training.per_word import PerWord, places_of
from automl.training.scaling import scaling_for
from automl.training.trained import TrainedModel

CPU = torch.device("cpu")
Train = Callable[..., BaseTrainer]


@pytest.fixture
def data(make_conll: Callable[..., str], tmp_path: Path) -> Dataset:
    (tmp_path / "sentences.conll").write_text(make_conll(200))
    return load_words(tmp_path / "sentences.conll", TextOptions(), task_kind="token-classification")


@pytest.fixture
def train(catalog: Catalog, data: Dataset, tmp_path: Path) -> Train:
    """train(model, epochs=4, ...) -> the trainer of a configuration, not yet trained."""

    def make(model: str, epochs: int = 4, **settings: Any) -> BaseTrainer:
        overrides = {"model": model, "augmentation": [], "regularizer": [], **settings}
        fixed = {"training.optimizer": "adamw", "training.lr": 0.01, "training.batch_size": 16}
        space = compose(catalog, data.task, {**fixed, "training.epochs": epochs, **overrides}).space
        splits = (data.train.inputs, data.train.targets, data.val.inputs, data.val.targets)
        return make_trainer(
            catalog,
            DeviceData.on(CPU, TrainingData(data.task, data.preparation, *splits)),
            space.default(),
            metric=find_metric("entity_f1", data.task.kind),
            seed=0,
            weights=tmp_path / "best.safetensors",
        )

    return make


def learn(trainer: BaseTrainer) -> dict[str, float]:
    """The metrics of the last epoch."""
    while not (result := trainer.run_epoch()).end:
        pass
    return result.metrics


@pytest.mark.parametrize(("model", "epochs"), [("text_cnn", 6), ("transformer_encoder", 25), ("word_features", 1)])
def test_a_net_learns_tags_of_the_context(train: Train, model: str, epochs: int) -> None:
    assert learn(train(model, epochs=epochs, **{"training.lr": 0.004}))["val_entity_f1"] > 0.95


@pytest.mark.parametrize(
    "switches",
    [
        {"augmentation.token_dropout": True},
        {"regularizer.r_drop": True, "regularizer.label_smoothing": True, "regularizer.dropout": True},
        {"regularizer.ema": True, "regularizer.l2": True, "training.class_weights": "balanced"},
        {"regularizer.swa": True, "regularizer.sam": True},
    ],
    ids=lambda switches: "+".join(switches),
)
def test_what_else_trains_goes_together_with_it(train: Train, switches: dict[str, Any]) -> None:
    named: dict[str, list[str]] = {"augmentation": [], "regularizer": []}
    for switch in switches:
        if not switch.startswith("training."):
            kind, _, name = switch.partition(".")
            named[kind].append(name)
    assert learn(train("text_cnn", epochs=8, **named, **switches))["val_entity_f1"] > 0.8


def test_a_model_answers_as_it_did_when_it_was_trained(train: Train, data: Dataset, tmp_path: Path) -> None:
    trainer = train("text_cnn")
    learn(trainer)
    part = Part(tmp_path / "best.safetensors", {"model": "text_cnn", **trainer.state()["configuration"]})
    write_bundle(tmp_path / "bundle", parts=[part], task=data.task, preparation=data.preparation, plugins=())
    model = TrainedModel.load(tmp_path / "bundle")
    predicted = model.predict(data.val.inputs)
    np.testing.assert_array_equal(predicted, np.load(tmp_path / PREDICTIONS))
    assert predicted.shape == (len(labels_of(data.val.targets)), 5)


def test_entities_are_found_where_they_stand(train: Train, data: Dataset, tmp_path: Path) -> None:
    trainer = train("text_cnn", epochs=6)
    learn(trainer)
    part = Part(tmp_path / "best.safetensors", trainer.state()["configuration"])
    write_bundle(tmp_path / "bundle", parts=[part], task=data.task, preparation=data.preparation, plugins=())
    model = TrainedModel.load(tmp_path / "bundle")
    text = "  mrs Victoria Sydney slept, in  Jordan slept"
    raw = [text, " ", Marked.joined(["mr", "Paris"])]
    found, nothing, other = model.entities(raw)
    assert [(one.label, one.text, text[one.start : one.end]) for one in found] == [
        ("PER", "Victoria Sydney", "Victoria Sydney"),
        ("LOC", "Jordan", "Jordan"),
    ]
    assert all(0.5 < one.probability <= 1 for one in found)
    assert nothing == [] and [(one.start, one.end) for one in other] == [(3, 8)]
    assert model.entities([]) == [] == model.entities([""])[0]
    assert len(model.entities([" ".join(["mr Paris slept"] * 500)])[0]) > 400


class Saying(nn.Module):
    """Says of each token its number."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs = nn.Parameter(torch.zeros(1))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return tokens.unsqueeze(2).float() * torch.tensor([0.0, 0.0, 0.0, 0.0, 0.01]) + self.outputs


def test_predictions_are_in_the_order_of_the_words(data: Dataset) -> None:
    """Though texts are read by their length: of each word the net is asked about its first token."""
    scaling = scaling_for(data.preparation, CPU)
    found = predict(PerWord(Saying()), DeviceArray(data.train.inputs, CPU), scaling, data.task)
    pieces = data.preparation.tokenize(texts_of(data.train.inputs))  # type: ignore[union-attr]
    expected = torch.tensor(pieces[pieces > 0])[:, None] * torch.tensor([0.0, 0.0, 0.0, 0.0, 0.01])
    np.testing.assert_allclose(found, expected.softmax(1).numpy(), atol=1e-6)


def test_words_of_rows_in_another_order_find_their_places() -> None:
    words, counts = np.array([10, 20, 21, 22, 30]), np.array([1, 3, 1])
    assert words[places_of(np.array([2, 1, 0]), counts)].tolist() == [30, 20, 21, 22, 10]


@pytest.mark.parametrize(
    ("tokens", "most", "pieces"),
    [
        ([(5, 2), (6, 4), (7, 7)], 9, [5, -6, 7]),
        ([(5, 4)], 9, [5, 1]),
        ([], 9, [1, 1]),
        ([(5, 4), (8, 5), (7, 7)], 9, [5, 8, -7]),
        ([(5, 1), (6, 2), (7, 3), (8, 6), (9, 7)], 4, [5, -6, 8, -9]),
        ([(5, 1), (6, 2), (7, 3), (8, 6), (9, 7)], 2, [5, 8]),
    ],
)
def test_each_word_has_one_first_piece(tokens: list[tuple[int, int]], most: int, pieces: list[int]) -> None:
    assert word_pieces("abcd ef", tokens, most) == pieces


def test_more_words_than_tokens_are_never_cut_in_silence() -> None:
    with pytest.raises(ValueError, match="2 words don't fit into 1 tokens"):
        word_pieces("abcd ef", [], 1)


def test_a_net_that_says_something_of_the_text_alone_is_told_so() -> None:
    with pytest.raises(ValueError, match=r"a net returns \(N, T, outputs\), not \(1, 2\)"):
        PerWord(nn.EmbeddingBag(9, 2))(torch.tensor([[3, 4, -5]]))
