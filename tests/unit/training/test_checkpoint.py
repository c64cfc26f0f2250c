"""A state and its predictions never disagree on disk."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from automl.errors import DiskFull
from automl.training import checkpoint
from automl.training.checkpoint import read_weights, write_weights
from automl.training.data import PREDICTIONS


class Killed(BaseException):
    """The process is gone."""


def state(value: float) -> nn.Module:
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, value)
    return model


def predicted(value: float) -> np.ndarray:
    return np.full((3, 1), value, np.float32)


def found(weights: Path) -> tuple[float, float | None]:
    """What lies on disk: the state's value and its predictions'."""
    predictions = weights.with_name(PREDICTIONS)
    value = float(np.load(predictions, allow_pickle=False)[0, 0]) if predictions.exists() else None
    return float(read_weights(weights)["weight"][0, 0]), value


def test_a_state_lies_beside_its_predictions(tmp_path: Path) -> None:
    write_weights(state(1.0), tmp_path / "best.safetensors", predicted(1.0))
    assert found(tmp_path / "best.safetensors") == (1.0, 1.0)
    kept = np.load(tmp_path / PREDICTIONS, allow_pickle=False)
    assert (kept.dtype, kept.shape) == (np.float32, (3, 1))
    write_weights(state(2.0), tmp_path / "best.safetensors")
    assert found(tmp_path / "best.safetensors") == (2.0, None), "a refit has none"


@pytest.mark.parametrize(("step", "left"), [*enumerate([(1.0, 1.0), (1.0, None), (2.0, None), (2.0, 2.0)])])
def test_a_kill_at_any_step_leaves_no_predictions_of_another_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, left: tuple[float, float | None]
) -> None:
    """The steps that change something: the former predictions go, the state comes, its predictions come."""
    weights = tmp_path / "best.safetensors"
    write_weights(state(1.0), weights, predicted(1.0))
    steps = iter(range(4))

    def dying(original, *arguments, **options):  # type: ignore[no-untyped-def]
        changes = arguments[0].suffix != ".tmp" or len(arguments) > 1
        if changes and next(steps) == step:
            raise Killed
        return original(*arguments, **options)

    unlink, replace = Path.unlink, os.replace
    monkeypatch.setattr(Path, "unlink", lambda *a, **o: dying(unlink, *a, **o))
    monkeypatch.setattr("automl.files.os.replace", lambda *a: dying(replace, *a))
    if step == 3:
        write_weights(state(2.0), weights, predicted(2.0))
    else:
        with pytest.raises(Killed):
            write_weights(state(2.0), weights, predicted(2.0))
    assert found(weights) == left


def test_a_full_disk_leaves_the_former_state_and_its_predictions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "best.safetensors"
    write_weights(state(1.0), weights, predicted(1.0))

    def full(_: object, file: Path, *__: object) -> None:
        file.write_bytes(b"ha")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(DiskFull, match=f"the disk of {tmp_path} is full"):
        write_weights(state(2.0), weights, predicted(2.0))
    assert found(weights) == (1.0, 1.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.safetensors", PREDICTIONS]
