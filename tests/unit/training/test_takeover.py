"""A trainer goes on from a checkpoint of another configuration: with what was learned, and its own parameters."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from automl.components import load_catalog
from automl.training.trainer import Trainer

MakeTrainer = Callable[..., Trainer]
Configure = Callable[..., dict[str, Any]]
LIVE = [(component.name, name) for component in load_catalog().of_kind("regularizer") for name in component.live]


@pytest.fixture
def trained(make_trainer: MakeTrainer, configure: Configure, tmp_path: Path) -> Callable[..., tuple[Trainer, Trainer]]:
    """trained(settings, changes) -> one after two epochs, and one with the changes that has taken over from it."""

    def make(settings: dict[str, Any], changes: dict[str, Any]) -> tuple[Trainer, Trainer]:
        chosen = {"training.epochs": 4, "training.lr": 0.01, "training.schedule": "cosine", **settings}
        configuration = configure("small_cnn", chosen, width=8, stages=2)
        first = make_trainer(configuration)
        for _ in range(2):
            first.run_epoch()
        first.save(tmp_path / "last.safetensors", {})
        second = make_trainer(configuration | changes, seed=9, weights="second.safetensors")
        second.restore(tmp_path / "last.safetensors")
        return first, second

    return make


Trained = Callable[..., tuple[Trainer, Trainer]]


@pytest.mark.parametrize("schedule", ["cosine", "plateau", "constant"])
def test_the_learning_rate_keeps_its_place_on_the_schedule(trained: Trained, schedule: str) -> None:
    first, second = trained({"training.schedule": schedule}, {"training.lr": 0.02})
    for _ in range(2):
        former = [group["lr"] for group in first._optimizer.param_groups]
        own = [group["lr"] for group in second._optimizer.param_groups]
        assert own == pytest.approx([2 * lr for lr in former])
        first.run_epoch()
        second.run_epoch()


def test_momentum_is_the_new_one_and_what_has_moved_goes_on_moving(trained: Trained) -> None:
    settings = {"training.optimizer": "sgd", "training.momentum": 0.9}
    first, second = trained(settings, {"training.momentum": 0.5})
    assert {group["momentum"] for group in second._optimizer.param_groups} == {0.5}
    theirs, own = first._optimizer.state_dict()["state"], second._optimizer.state_dict()["state"]
    assert own.keys() == theirs.keys()
    assert all(torch.equal(own[key]["momentum_buffer"], theirs[key]["momentum_buffer"]) for key in own)


def test_weights_order_and_random_numbers_are_taken_over(trained: Trained) -> None:
    first, second = trained({}, {"training.lr": 0.02})
    theirs = first._model.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in second._model.state_dict().items())
    assert second._order.bit_generator.state == first._order.bit_generator.state
    assert (second.epoch, second.progress) == (2, 0.5)


@pytest.mark.parametrize(("name", "parameter"), LIVE, ids=[name for name, _ in LIVE])
def test_a_live_parameter_is_the_new_one(trained: Trained, name: str, parameter: str) -> None:
    on = {f"regularizer.{name}": True}
    key = f"regularizer.{name}.{parameter}"
    (domain,) = (p.domain for c in load_catalog().of_kind("regularizer") if c.name == name for p in c.parameters[:1])
    _, second = trained(on | {key: domain.clip(-1e9)}, {key: domain.clip(1e9)})
    (built,) = second._regularizers
    assert getattr(built, parameter) == domain.clip(1e9)


def test_what_a_regularizer_has_learned_stays(trained: Trained) -> None:
    settings = {"regularizer.ema": True, "regularizer.early_stopping": True, "regularizer.l1": True}
    first, second = trained(settings, {"regularizer.l1.strength": 1e-3})
    theirs = {type(r).__name__: r for r in first._regularizers}
    own = {type(r).__name__: r for r in second._regularizers}
    assert own["L1"].strength == 1e-3 and theirs["L1"].strength != 1e-3
    assert own["EarlyStopping"].best == theirs["EarlyStopping"].best > 0
    averages = [regularizers["Ema"].average.state_dict() for regularizers in (own, theirs)]
    assert all(torch.equal(tensor, averages[1][name]) for name, tensor in averages[0].items())


def test_the_best_epoch_counts_from_there_on(trained: Trained, tmp_path: Path) -> None:
    first, second = trained({}, {"training.lr": 0.02})
    assert first._best is not None and second._best is None
    assert second.run_epoch().is_best and (tmp_path / "second.safetensors").exists()


def test_with_the_same_configuration_nothing_is_dropped(trained: Trained) -> None:
    first, second = trained({}, {})
    assert second._best == first._best is not None


def test_another_architecture_cannot_go_on(trained: Trained) -> None:
    with pytest.raises(RuntimeError, match="size mismatch"):
        trained({}, {"model.small_cnn.width": 16})
