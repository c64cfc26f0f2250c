"""States on disk: safetensors (no pickle), written whole or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from automl.errors import UserError
from automl.files import replacing
from automl.training.data import PREDICTIONS


def write_weights(model: nn.Module, path: Path, predictions: np.ndarray | None = None) -> None:
    """Writes the model's state, and into `PREDICTIONS` beside it what it predicts for validation.

    By write-then-rename: a kill leaves the former state with its predictions, or the new one, at worst without its own.
    """
    state = _plain(model.state_dict())
    predicted = path.with_name(PREDICTIONS)
    with ExitStack() as files:
        if predictions is not None:
            content = io.BytesIO()
            np.save(content, predictions)  # into a file numpy's error would not say that the disk is full
            files.enter_context(replacing(predicted, predictions.nbytes)).write_bytes(content.getvalue())
        save_file(state, files.enter_context(replacing(path, _size(state))))
        predicted.unlink(missing_ok=True)  # rather none than those of another state


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state that `write_weights` wrote, on the CPU; UserError where the file is gone or damaged."""
    return _read(path, "weights")


def write_checkpoint(state: Any, notes: Mapping[str, str], path: Path) -> None:
    """Writes all that training goes on from, by write-then-rename.

    Args:
        state: Dicts (also with numbers as keys), lists and tuples of tensors, numbers, texts and None.
        notes: Texts that `automl.training.history` reads without torch.
    """
    tensors: dict[str, Tensor] = {}
    tree = json.dumps(_pack(state, tensors))
    plain = _plain(tensors)
    with replacing(path, _size(plain)) as file:
        save_file(plain, file, {**notes, "tree": tree})


def read_checkpoint(path: Path) -> Any:
    """What `write_checkpoint` was given as `state`, tensors on the CPU and tuples as lists.

    Raises:
        UserError: The file is gone or damaged.
    """
    tensors = _read(path, "checkpoint")
    with safe_open(path, framework="pt") as file:
        return _unpack(json.loads(file.metadata()["tree"]), tensors)


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Contiguous and on the CPU, each with memory of its own, as safetensors wants them: tied ones are copied."""
    plain: dict[str, Tensor] = {}
    taken: set[int] = set()
    for name, tensor in tensors.items():
        one = tensor.detach().cpu().contiguous()
        place = one.untyped_storage().data_ptr()
        plain[name] = one.clone() if place in taken else one
        taken.add(place)
    return plain


def _size(tensors: Mapping[str, Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())


def _read(path: Path, what: str) -> dict[str, Tensor]:
    try:
        state: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(f"The {what} {path} can't be read: {error}.") from error
    return state


def _pack(value: Any, tensors: dict[str, Tensor]) -> Any:
    """`value` as JSON has it; its tensors go into `tensors`."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"items": [[key, _pack(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_pack(item, tensors) for item in value]
    return value


def _unpack(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, tensors) for item in value]
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        return {key: _unpack(item, tensors) for key, item in value["items"]}
    return value
