"""A linear head on what an encoder makes of a text, which is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from automl_plugins.models._encoder import digest_of
from automl_plugins.models._transformers import BATCH, MOST_TOKENS, frozen, pooled
from torch import Tensor, nn

from automl.plugin import Task


class FrozenEncoder(nn.Module):
    """float32 (N, width) -> (N, outputs). The encoder is no part of its state: it is packed as it was found."""

    def __init__(self, task: Task, folder: Path, pooling: str) -> None:
        super().__init__()
        self.folder, self.pooling = folder, pooling
        self.reads = f"{digest_of(folder)} {pooling} {MOST_TOKENS}"
        self.width = _width(folder)
        self.head = nn.Linear(self.width, task.num_outputs)

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.head(features)
        return result

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (N, width)."""
        encoder, tokens = frozen(self.folder)
        device = next(self.parameters()).device
        encoder.to(device)
        rows = tokens.read(texts)
        lengths = (rows != 0).sum(1)
        order = np.argsort(lengths, kind="stable")
        features = np.zeros((len(rows), self.width), np.float32)
        with torch.inference_mode():
            for start in range(0, len(rows), BATCH):
                place = order[start : start + BATCH]
                batch = torch.from_numpy(rows[place, : max(1, lengths[place].max())]).long().to(device)
                features[place] = pooled(encoder, tokens, batch, self.pooling).cpu().numpy()
        return features

    @property
    def bytes_beside(self) -> int:
        """Of the encoder, which whoever serves the model has to hold, too."""
        return sum(file.stat().st_size for file in self.folder.glob("*.safetensors"))


@lru_cache(maxsize=8)
def _width(folder: Path) -> int:
    from transformers import AutoConfig

    return int(AutoConfig.from_pretrained(folder, local_files_only=True).hidden_size)
