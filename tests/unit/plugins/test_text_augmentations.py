"""What the augmentations of texts do to tokens, and mixup and R-Drop to what comes after them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from automl.components import Catalog
from automl.evaluation import find_metric
from automl.testing import tiny
from automl.training.device import DeviceData
from automl.training.embeddings import augmented
from automl.training.making import make_trainer

TASK = tiny.task_of("text-classification", (12, 100))
TARGETS = torch.zeros(400, dtype=torch.int64)
Apply = Callable[..., Tensor]


@pytest.fixture
def apply(catalog: Catalog) -> Apply:
    """apply(name, tokens, **values) -> the tokens of 400 copies of a text, changed."""

    def changed(name: str, text: list[int], **values: Any) -> Tensor:
        torch.manual_seed(0)
        tokens = torch.tensor([text]).repeat(400, 1)
        function = catalog.get("augmentation", name).build(TASK, values)
        result: Tensor = function(tokens, TARGETS)[0]
        return result

    return changed


def test_token_dropout_leaves_out_so_many_and_closes_the_gap(apply: Apply) -> None:
    texts = apply("token_dropout", [*range(5, 25), 0, 0, 0], p=0.3).tolist()

    left = [[token for token in text if token] for text in texts]
    assert all(text[: len(own)] == own for text, own in zip(texts, left, strict=True))
    assert all(own == sorted(own) for own in left)
    assert 0.65 < sum(map(len, left)) / (400 * 20) < 0.75


def test_token_dropout_always_leaves_a_token_where_there_was_one(apply: Apply) -> None:
    assert (apply("token_dropout", [7, 8, 0], p=0.5)[:, 0] > 0).all()
    assert (apply("token_dropout", [0, 0, 0], p=0.5) == 0).all()


def test_word_swap_swaps_neighbours_and_keeps_each_token(apply: Apply) -> None:
    texts = apply("word_swap", [1, 2, 3, 4, 5, 0], p=0.5)

    assert (texts.sort(1).values == torch.tensor([0, 1, 2, 3, 4, 5])).all()
    assert (texts[:, 5] == 0).all()
    moved = texts[:, :5] - torch.arange(1, 6)
    assert int(moved.abs().max()) == 1
    assert (moved != 0).any(0).all()  # each place has its turn


def test_random_span_crop_keeps_consecutive_tokens(apply: Apply) -> None:
    texts = apply("random_span_crop", [*range(1, 11), 0, 0], shortest=0.5)

    lengths = (texts != 0).sum(1)
    assert set(lengths.tolist()) <= set(range(5, 11)) and len(set(lengths.tolist())) > 3
    for text, length in zip(texts.tolist(), lengths.tolist(), strict=True):
        assert text[:length] == list(range(text[0], text[0] + length))
    assert set(texts[:, 0].tolist()) >= {1, 2, 3, 4}


def test_augmentations_of_embeddings_change_what_the_last_layer_gets_and_the_targets() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    inputs, targets = torch.randn(3, 2), torch.tensor([0, 1, 0])

    with augmented(model, [lambda vectors, labels: (vectors * 0, labels + 1)], targets) as held:
        outputs = model(inputs)

    assert (outputs == 0).all() and held[0].tolist() == [1, 2, 1]
    assert not torch.equal(model(inputs), outputs)  # afterwards it is as before


def _losses(catalog: Catalog, folder: Path, extra: dict[str, Any]) -> list[float]:
    configuration = {
        "model": "text_cnn",
        **{f"model.text_cnn.{name}": value for name, value in {"embedding": 32, "width": 32, "longest": 2}.items()},
        "training.optimizer": "adamw",
        "training.lr": 0.01,
        "training.batch_size": 8,
        "training.epochs": 2,
        **extra,
    }
    metric = find_metric("accuracy", TASK.kind)
    data = DeviceData.on(torch.device("cpu"), tiny.training_data(TASK))
    trainer = make_trainer(catalog, data, configuration, metric=metric, seed=0, weights=folder / "best.safetensors")
    return [trainer.run_epoch().metrics["train_loss"] for _ in range(2)]


@pytest.mark.parametrize(
    "extra",
    [
        {"augmentation.mixup": True, "augmentation.mixup.alpha": 2.0},
        {"augmentation.token_dropout": True, "augmentation.token_dropout.p": 0.4},
    ],
)
def test_augmentations_of_texts_take_part_in_training(catalog: Catalog, tmp_path: Path, extra: dict[str, Any]) -> None:
    assert _losses(catalog, tmp_path, extra) != _losses(catalog, tmp_path, {})


def test_r_drop_costs_what_two_passes_with_different_dropout_are_apart(catalog: Catalog) -> None:
    regularizer = catalog.get("regularizer", "r_drop").build(TASK, {"strength": 2.0})
    net = nn.Sequential(nn.Dropout(0.5), nn.Linear(8, 4))
    model = regularizer.wrap_model(net).train()
    inputs = torch.randn(6, 8)

    outputs = model(inputs)
    penalty = regularizer.penalty(model)

    one, other = outputs.softmax(2).unbind(1)
    apart = (one * (one / other).log()).sum(1) + (other * (other / one).log()).sum(1)
    assert torch.isclose(penalty, 2.0 * apart.mean() / 2, rtol=1e-4) and penalty.requires_grad
    assert regularizer.penalty(model) is None  # it belongs to that batch
    assert model.eval()(inputs).shape == (6, 4)
