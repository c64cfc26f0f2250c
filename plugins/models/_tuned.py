"""A linear head on an encoder that learns, too: all of it, or low-rank matrices beside its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from automl_plugins.models._encoder import digest_of
from automl_plugins.models._ranks import RankAllocation, with_ranks
from automl_plugins.models._transformers import Tokens, load_encoder, of_each, pooled, positions_of
from torch import Tensor, nn

from automl.plugin import Regularizer, Task

LAYER = re.compile(r"\.(\d+)\.")
"""The first number in a parameter's name is its layer's."""


class TunedEncoder(nn.Module, Regularizer):
    """int64 (N, T) tokens of its own tokenizer -> (N, outputs), where each word has a class (N, T, outputs)."""

    def __init__(
        self, task: Task, folder: Path, tuning: str, pooling: str, encoder_lr: float, layer_decay: float, rank: int
    ) -> None:
        super().__init__()
        self.pooling, self.encoder_lr, self.layer_decay = pooling, encoder_lr, layer_decay
        self.encoder = load_encoder(folder)
        self.tokens = Tokens(folder, positions_of(self.encoder))
        self.per_word = task.is_per_word
        self.reads = f"{digest_of(folder)} {'words' if self.per_word else 'tokens'}"
        self.allocation: RankAllocation | None = None
        width = self.encoder.config.hidden_size
        if tuning == "full":
            self.encoder.get_input_embeddings().weight.requires_grad_(False)
        else:
            self.encoder = with_ranks(self.encoder, rank, moving=tuning == "adalora")
            self.layer_decay = 1.0
            self.allocation = RankAllocation(self.encoder) if tuning == "adalora" else None
        self.head = nn.Linear(width, task.num_outputs)

    def forward(self, rows: Tensor) -> Tensor:
        if self.per_word:
            states = of_each(self.encoder, self.tokens, rows)
        else:
            states = pooled(self.encoder, self.tokens, rows, self.pooling)
        result: Tensor = self.head(states)
        return result

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """int32 (N, T), zeros behind; where each word has a class, see `word_pieces`."""
        return self.tokens.read_words(texts) if self.per_word else self.tokens.read(texts)

    def parameter_groups(self, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
        factors = self._factors()
        split = []
        for group in groups:
            together: dict[float, list[nn.Parameter]] = {}
            for parameter in group["params"]:
                together.setdefault(factors.get(parameter, 1.0), []).append(parameter)
            split += [{**group, "params": own, "lr_factor": factor} for factor, own in together.items()]
        return sorted(split, key=lambda group: -group["lr_factor"])

    def _factors(self) -> dict[nn.Parameter, float]:
        """Of the encoder's parameters: each layer learns `layer_decay` times as fast as the one above it."""
        named = [(LAYER.search(name), parameter) for name, parameter in self.encoder.named_parameters()]
        layers = [(int(found[1]) + 1 if found else 0, parameter) for found, parameter in named]
        top = max(layer for layer, _ in layers)
        return {parameter: self.encoder_lr * self.layer_decay ** (top - layer) for layer, parameter in layers}

    def penalty(self, model: nn.Module) -> Tensor | None:
        del model
        return self.allocation.penalty() if self.allocation else None

    def after_step(self, model: nn.Module) -> None:
        del model
        if self.allocation:
            self.allocation.after_step()

    def after_epoch(self, model: nn.Module, progress: float) -> None:
        del model
        if self.allocation:
            self.allocation.after_epoch(progress)

    def state(self) -> dict[str, Any]:
        return self.allocation.state() if self.allocation else {}

    def restore(self, state: dict[str, Any], model: nn.Module) -> None:
        del model
        if self.allocation:
            self.allocation.restore(state)
