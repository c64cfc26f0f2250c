"""Any regularizers that don't say otherwise work together."""

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch

from automl.components import Catalog, Component, load_catalog
from automl.evaluation.metrics import loss_metric, score
from automl.training import TrainingData
from automl.training.arrays import DeviceArray
from automl.training.assembly import assemble
from automl.training.checkpoint import read_weights
from automl.training.inference import predict
from automl.training.scaling import scaling_for
from automl.training.trainer import Trainer

MakeTrainer = Callable[..., Trainer]
OWN = [c for c in load_catalog().of_kind("regularizer") if c.origin.startswith("package automl ")]
REGULARIZERS = [c for c in OWN if "image-classification" in c.tasks]


def conflict(one: Component, other: Component) -> bool:
    return f"regularizer.{other.name}" in one.conflicts or f"regularizer.{one.name}" in other.conflicts


def switched_on(components: Sequence[Component]) -> dict[str, Any]:
    """These with their defaults; averaging and thawing begin soon enough for two epochs."""
    chosen: dict[str, Any] = {}
    for component in components:
        chosen[f"regularizer.{component.name}"] = True
        chosen |= {f"regularizer.{component.name}.{p.name}": p.default for p in component.parameters}
    soon = {"regularizer.swa.start": 0.5, "regularizer.freeze_backbone.fraction": 0.5}
    return chosen | {name: value for name, value in soon.items() if name in chosen}


PAIRS = [pair for pair in combinations(REGULARIZERS, 2) if not conflict(*pair)]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(c.name for c in pair))
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_any_two_train(pair: tuple[Component, Component], optimizer: str, make_trainer: MakeTrainer) -> None:
    momentum = {"training.momentum": 0.9} if optimizer == "sgd" else {}
    trainer = make_trainer(switched_on(pair) | {"training.optimizer": optimizer} | momentum)
    for _ in range(2):
        metrics = trainer.run_epoch().metrics
        assert math.isfinite(metrics["train_loss"]) and math.isfinite(metrics["val_log_loss"])


@pytest.mark.parametrize("without", ["ema", "swa"])
@pytest.mark.parametrize("classes", [3, 0], ids=["classification", "regression"])
def test_all_together_train_and_are_served(
    without: str,
    classes: int,
    make_trainer: MakeTrainer,
    make_data: Callable[..., TrainingData],
    shared_catalog: Catalog,
    tmp_path: Path,
) -> None:
    data = make_data(classes=classes)
    fitting = [c for c in REGULARIZERS if c.name != without and c.mismatch(data.task) is None]
    assert len(fitting) == len(REGULARIZERS) - (1 if classes else 2)
    configuration = {"model": "tiny_residual"} | switched_on(fitting)
    trainer = make_trainer(configuration | {"training.epochs": 4}, data)
    history = [trainer.run_epoch() for _ in range(4)]
    assert all(math.isfinite(result.metrics["train_loss"]) for result in history)
    best = [result for result in history if result.is_best][-1]
    # A model is built anew from its configuration, and takes the kept weights.
    served = assemble(shared_catalog, data.task, configuration).model
    served.load_state_dict(read_weights(tmp_path / "best.safetensors"))
    cpu = torch.device("cpu")
    predicted = predict(served, DeviceArray(data.val_inputs, cpu), scaling_for(data.preparation, cpu), data.task)
    loss = score(predicted, data.val_targets, data.task)[loss_metric(data.task).name]
    assert loss == pytest.approx(-best.merit[1], rel=1e-4)


@pytest.mark.parametrize("without", ["ema", "swa"])
@pytest.mark.parametrize("break_after", [1, 3])
def test_all_together_go_on_from_a_checkpoint_as_if_nothing_had_happened(
    without: str, break_after: int, make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    configuration = switched_on([c for c in REGULARIZERS if c.name != without]) | {"training.epochs": 4}
    whole = make_trainer(configuration)
    expected = [whole.run_epoch() for _ in range(4)]
    first, second = make_trainer(configuration), make_trainer(configuration)
    for _ in range(break_after):
        first.run_epoch()
    first.save(tmp_path / "checkpoint", {})
    second.restore(tmp_path / "checkpoint")
    assert [second.run_epoch() for _ in range(break_after, 4)] == expected[break_after:]
