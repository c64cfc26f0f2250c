"""Weights on disk: safetensors (no pickle), written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from torch import Tensor, nn

from automl.errors import UserError


def write_weights(model: nn.Module, path: Path) -> None:
    """Writes the model's state by write-then-rename, so that a kill leaves the former file."""
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    # Tied or channels-last tensors are no plain buffers: safetensors wants each on its own, contiguous.
    save_file(
        {name: tensor.detach().cpu().contiguous().clone() for name, tensor in model.state_dict().items()}, temporary
    )
    os.replace(temporary, path)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state that `write_weights` wrote, on the CPU; UserError where the file is gone or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(f"The weights {path} can't be read: {error}.") from error
    return state
