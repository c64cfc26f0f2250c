"""Encoders by name: found, fetched, or refused before the first trial."""

import shutil
from pathlib import Path

import pytest
import torch

from automl.components import Catalog, Weights
from automl.errors import UserError
from automl.space import compose
from automl.testing import tiny
from automl.training.named_weights import settle_names

TASK = tiny.task_of("text-classification", (12, 100))


def _without(encoder: Path, tmp_path: Path, *names: str) -> str:
    folder = shutil.copytree(encoder, tmp_path / "encoder")
    for name in names:
        (folder / name).unlink(missing_ok=True)
    return str(folder)


def test_pickled_weights_are_refused(encoder: Path, weights: Weights, tmp_path: Path) -> None:
    name = _without(encoder, tmp_path, "model.safetensors")
    torch.save({}, Path(name) / "pytorch_model.bin")

    with pytest.raises(UserError, match=r"no weights as safetensors\. Its weights are pickled") as caught:
        weights.fetch(name)
    assert "save_pretrained" in str(caught.value.hint)


def test_a_folder_without_a_tokenizer_or_a_configuration_is_refused(
    encoder: Path, weights: Weights, tmp_path: Path
) -> None:
    name = _without(encoder, tmp_path, "tokenizer.json", "vocab.txt")
    with pytest.raises(UserError, match="has no tokenizer"):
        weights.fetch(name)
    (Path(name) / "config.json").unlink()
    with pytest.raises(UserError, match=r"has no config\.json"):
        weights.fetch(name)


def test_a_path_that_leads_nowhere_is_not_asked_of_the_hub(weights: Weights) -> None:
    with pytest.raises(UserError, match="There is no folder /no/such/encoder"):
        weights.fetch("/no/such/encoder")


def test_an_id_of_the_hub_that_is_neither_cached_nor_reachable_says_so(
    weights: Weights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(UserError, match="someone/an-encoder is neither in Hugging Face's cache") as caught:
        weights.fetch("someone/an-encoder")
    assert "--set model.pretrained_encoder.name=PATH" in str(caught.value.hint)


def test_a_relative_path_is_found_by_workers_that_run_elsewhere(
    catalog: Catalog, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(encoder.parent)
    overrides = {"model": "pretrained_encoder", "model.pretrained_encoder.name": f"./{encoder.name}"}

    space, missing = settle_names(catalog, compose(catalog, TASK, overrides).space)

    assert not missing
    assert space.default()["model.pretrained_encoder.name"] == str(encoder.resolve())


def test_models_whose_weights_cannot_be_had_are_named(catalog: Catalog) -> None:
    composition = compose(catalog, TASK, {"model.pretrained_encoder.name": "/no/such/encoder"})

    _, missing = settle_names(catalog, composition.space)

    assert list(missing) == ["pretrained_encoder"]
    assert "/no/such/encoder" in missing["pretrained_encoder"].message
