"""The pretrained encoder where each word has a class: its own tokens, the first one of each word."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from automl.components import Catalog
from automl.errors import UserError
from automl.evaluation import find_metric
from automl.evaluation.sample import labels_of
from automl.space import compose
from automl.testing import tiny
from automl.training.bundle import Part, write_bundle
from automl.training.data import PREDICTIONS
from automl.training.device import DeviceData
from automl.training.making import make_trainer
from automl.training.trained import TrainedModel

TASK = tiny.task_of("token-classification", (12, 100))


def default(catalog: Catalog, encoder: Path, **settings: Any) -> dict[str, Any]:
    overrides = {"model": "pretrained_encoder", "augmentation": [], "regularizer": []}
    named = {"model.pretrained_encoder.name": str(encoder), "training.epochs": 4, "training.optimizer": "adamw"}
    return compose(catalog, TASK, {**overrides, **named, "training.lr": 0.01, **settings}).space.default()


@pytest.mark.parametrize("tuning", ["full", "lora", "adalora"])
def test_it_learns_and_answers_from_a_bundle(catalog: Catalog, encoder: Path, tmp_path: Path, tuning: str) -> None:
    configuration = default(catalog, encoder, **{"model.pretrained_encoder.tuning": tuning})
    data = tiny.training_data(TASK)
    trainer = make_trainer(
        catalog,
        DeviceData.on(torch.device("cpu"), data),
        configuration,
        metric=find_metric("accuracy", TASK.kind),
        seed=0,
        weights=tmp_path / "best.safetensors",
    )
    losses = [trainer.run_epoch().metrics["train_loss"] for _ in range(4)]
    assert losses[-1] < losses[0]

    part = Part(tmp_path / "best.safetensors", configuration)
    write_bundle(tmp_path / "bundle", parts=[part], task=TASK, preparation=data.preparation, plugins=())
    predicted = TrainedModel.load(tmp_path / "bundle").predict(data.val_inputs)

    assert predicted.shape == (len(labels_of(data.val_targets)), TASK.num_outputs)
    np.testing.assert_allclose(predicted, np.load(tmp_path / PREDICTIONS), atol=1e-5)


def test_tokens_are_those_of_its_words(encoder: Path) -> None:
    from automl_plugins.models._transformers import Tokens

    tokens = Tokens(encoder, 512)
    texts = ["ab c", "Überall \u200b $ b", "x" * 300, " ".join("abc" for _ in range(100))]
    rows = tokens.read_words(texts)
    assert (rows > 0).sum(1).tolist() == [2, 4, 1, 100]
    assert rows.shape[1] <= 254
    np.testing.assert_array_equal(np.abs(rows[0][rows[0] != 0]), tokens.read(["ab c"])[0])
    assert (rows[0][:3] > 0).tolist() == [True, False, True]


def test_states_are_those_of_the_tokens_whatever_stands_around_them(encoder: Path) -> None:
    from automl_plugins.models._transformers import Tokens, load_encoder, of_each

    net, tokens = load_encoder(encoder).eval(), Tokens(encoder, 512)
    rows = torch.from_numpy(np.abs(tokens.read_words(["ab c", "abcdef ghi jkl"]))).long()
    with torch.inference_mode():
        together, alone = of_each(net, tokens, rows), of_each(net, tokens, rows[:1, :3])
    assert together.shape[:2] == rows.shape
    torch.testing.assert_close(together[:1, :3], alone, rtol=1e-3, atol=1e-4)


def test_a_frozen_one_is_refused(catalog: Catalog, encoder: Path) -> None:
    with pytest.raises(UserError, match=r"tuning must be one of full, lora, adalora, got frozen"):
        default(catalog, encoder, **{"model.pretrained_encoder.tuning": "frozen"})
    assert default(catalog, encoder)["model.pretrained_encoder.tuning"] == "full"
