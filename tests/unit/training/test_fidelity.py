"""Early epochs on a part of the rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from automl.components import Catalog
from automl.evaluation import find_metric
from automl.training import TrainingData
from automl.training.checkpoint import read_weights
from automl.training.device import DeviceData
from automl.training.fidelity import nested_order, rows_by_epoch, rungs
from automl.training.trainer import Trainer

EPOCHS = 9
CONFIGURE = {"training.epochs": EPOCHS, "training.batch_size": 2, "training.schedule": "cosine"}


@pytest.mark.parametrize(("epochs", "expected"), [(30, (3, 10)), (9, (1, 3)), (4, (1,)), (2, (1,)), (1, ())])
def test_rungs_lie_at_a_ninth_and_a_third_of_the_epochs(epochs: int, expected: tuple[int, ...]) -> None:
    assert rungs(epochs) == expected


def test_rows_grow_at_the_rungs_and_most_epochs_have_all() -> None:
    rows = rows_by_epoch(900, 30, at_least=32)
    assert rows == [100] * 3 + [300] * 7 + [900] * 20
    assert rows_by_epoch(900, 4, at_least=32) == [300] + [900] * 3, "one rung"
    assert rows_by_epoch(900, 1, at_least=32) == [900]


def test_an_epoch_has_a_whole_batch_at_least() -> None:
    assert rows_by_epoch(90, 9, at_least=32) == [32] * 3 + [90] * 6
    assert rows_by_epoch(20, 9, at_least=32) == [20] * 9


def test_the_first_rows_are_a_fair_sample_of_the_classes_however_many() -> None:
    targets = np.repeat([0, 1, 2], [600, 290, 10])
    order = nested_order(targets, True, seed=3)
    assert sorted(order) == list(range(900))
    for count in (3, 100, 300, 600):
        found = np.bincount(targets[order[:count]], minlength=3)
        assert found.min() >= 1, "the rare class, too"
        assert np.abs(found - count * np.array([600, 290, 10]) / 900).max() <= 1.5
    assert not np.array_equal(order, nested_order(targets, True, seed=4))
    assert np.array_equal(order, nested_order(targets, True, seed=3))


def test_values_are_in_an_order_of_chance() -> None:
    order = nested_order(np.arange(900, dtype=np.float32).reshape(-1, 1), False, seed=3)
    assert sorted(order) == list(range(900))
    assert abs(order[:100].mean() - 449.5) < 100


@pytest.fixture
def make(
    shared_catalog: Catalog, make_data: Callable[..., TrainingData], configure: Callable[..., Any], tmp_path: Path
) -> Callable[..., Trainer]:
    """make() -> a trainer on 24 images, of which early epochs have a part."""

    def make(part_seed: int | None = 5, seed: int = 0, **settings: Any) -> Trainer:
        data = DeviceData.on(torch.device("cpu"), make_data(), part_seed)
        return Trainer(
            shared_catalog,
            data,
            configure("mlp", {**CONFIGURE, **settings}, width=16),
            metric=find_metric("accuracy", data.source.task.kind),
            seed=seed,
            weights=tmp_path / "best.safetensors",
        )

    return make


def seen_rows(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The rows that each epoch trains on."""
    seen: list[set[int]] = []
    shuffled = trainer._shuffled

    def noting() -> Any:
        seen.append(set())
        for indices in shuffled():
            seen[-1].update(indices.tolist())
            yield indices

    monkeypatch.setattr(trainer, "_shuffled", noting)
    for _ in range(EPOCHS):
        trainer.run_epoch()
    return seen


def test_all_trials_see_the_same_rows_early_and_all_rows_later(
    make: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (seen_rows(make(seed=seed), monkeypatch) for seed in (0, 1))
    assert [len(rows) for rows in one] == [3 - 1, 8, 8, *[24] * 6], "of three rows a batch of one is left out"
    assert one[1:] == other[1:] and one[0] <= one[1]
    assert [len(rows) for rows in seen_rows(make(part_seed=None), monkeypatch)] == [24] * EPOCHS


def test_the_schedule_and_the_progress_go_by_what_is_trained(make: Callable[..., Trainer]) -> None:
    trainer = make()
    rates, progress = [], []
    for _ in range(EPOCHS):
        rates.append(trainer.run_epoch().metrics["lr"])
        progress.append(trainer.progress)
    assert rates[-1] == pytest.approx(0.0, abs=1e-4), "cosine ends where the trial does"
    assert progress == sorted(progress) and progress[-1] == 1.0
    assert progress[2] < 2 / 9, "the early epochs are cheap"
    assert make(part_seed=None).progress == 0.0


def test_training_that_was_broken_off_early_goes_on_as_if_nothing_had_happened(
    make: Callable[..., Trainer], tmp_path: Path
) -> None:
    whole = make()
    undisturbed = [whole.run_epoch().metrics for _ in range(EPOCHS)]
    expected = read_weights(tmp_path / "best.safetensors")
    first = make()
    for _ in range(2):
        first.run_epoch()
    first.save(tmp_path / "last.safetensors", {})
    second = make()
    second.restore(tmp_path / "last.safetensors")
    assert [second.run_epoch().metrics for _ in range(EPOCHS - 2)] == undisturbed[2:]
    found = read_weights(tmp_path / "best.safetensors")
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
