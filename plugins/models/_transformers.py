"""Encoders of the transformers library, as they are loaded and asked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from automl_plugins.models._encoder import digest_of
from torch import Tensor, nn

from automl.plugin import word_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_TOKENS = 256
BATCH = 128
"""Texts that are read at a time without gradients."""
ENOUGH_TOKENS = 128
_LAST: dict[str, tuple[nn.Module, Tokens]] = {}


class Tokens:
    """A text's tokens without those that stand around every text; these are put there by `framed`.

    So augmentations and padding see the text alone. 0 is the padding, whatever it is in the encoder's vocabulary.
    """

    def __init__(self, folder: Path, positions: int) -> None:
        from transformers import AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        plain = self._tokenizer("a", add_special_tokens=False)["input_ids"]
        framed = self._tokenizer("a")["input_ids"]
        start = next(place for place in range(len(framed)) if framed[place : place + len(plain)] == plain)
        self._before, self._behind = framed[:start], framed[start + len(plain) :]
        self._padding = self._tokenizer.pad_token_id or 0
        self._most = min(MOST_TOKENS, positions) - len(framed) + len(plain)

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """int32 (N, T), zeros behind."""
        found = self._tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=self._most, return_attention_mask=False
        )["input_ids"]
        return _padded(found)

    def read_words(self, texts: Sequence[str]) -> np.ndarray:
        """The same of texts whose words have a class each, see `word_pieces`."""
        if not self._tokenizer.is_fast:
            raise ValueError("the encoder's tokenizer doesn't tell which word a token is of: it has no tokenizer.json")
        found = self._tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        pairs = (
            ((token, end) for token, (_, end) in zip(ids, offsets, strict=True))
            for ids, offsets in zip(found["input_ids"], found["offset_mapping"], strict=True)
        )
        return _padded([word_pieces(text, own, self._most) for text, own in zip(texts, pairs, strict=True)])

    def framed(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """int64 (N, T) -> the encoder's tokens and which of them it is to attend to, int64 (N, more than T)."""
        place = torch.arange(tokens.shape[1], device=tokens.device)
        lengths = ((tokens != 0) * (place + 1)).amax(1)
        first, last = len(self._before), len(self._behind)
        framed = tokens.new_full((len(tokens), first + tokens.shape[1] + last), self._padding)
        framed[:, :first] = tokens.new_tensor(self._before)
        framed[:, first : first + tokens.shape[1]] = torch.where(place < lengths[:, None], tokens, self._padding)
        for number, token in enumerate(self._behind):
            framed[torch.arange(len(tokens), device=tokens.device), first + lengths + number] = token
        attended = torch.arange(framed.shape[1], device=tokens.device) < (first + lengths + last)[:, None]
        return framed, attended.long()

    def unframed(self, states: Tensor, count: int) -> Tensor:
        """Of the states of `framed` tokens those of the text's own `count`."""
        return states[:, len(self._before) : len(self._before) + count]


def _padded(rows: Sequence[Sequence[int]]) -> np.ndarray:
    tokens = np.zeros((len(rows), max(map(len, rows), default=0) or 1), np.int32)
    for row, own in zip(tokens, rows, strict=True):
        row[: len(own)] = own
    return tokens


def load_encoder(folder: Path) -> nn.Module:
    """The encoder of a folder; one that isn't trained, where the folder has no weights."""
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    for rate in ("attention_probs_dropout_prob", "attention_dropout"):
        if hasattr(config, rate):
            setattr(config, rate, 0.0)  # with it torch's fast attention doesn't work
    # On a CPU the gradients of torch's fast attention take as long, for short texts, as all of the rest.
    attention = {} if torch.cuda.is_available() else {"attn_implementation": "eager"}
    with _quiet():
        if any(folder.glob("*.safetensors")):
            encoder: nn.Module = AutoModel.from_pretrained(
                folder, config=config, local_files_only=True, use_safetensors=True, dtype=torch.float32, **attention
            )
        else:
            encoder = AutoModel.from_config(config, **attention)
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # type: ignore[assignment]  # what comes before it is asked for
    return encoder


def pooled(encoder: nn.Module, tokens: Tokens, rows: Tensor, pooling: str) -> Tensor:
    """int64 (N, T) -> float32 (N, width), rows of the length that noise of variance 1 has."""
    states, attended = _states(encoder, tokens, rows)
    if pooling == "cls":
        found = states[:, 0]
    else:
        found = (states * attended.unsqueeze(2)).sum(1) / attended.sum(1, keepdim=True)
    return nn.functional.normalize(found, dim=1) * found.shape[1] ** 0.5


def of_each(encoder: nn.Module, tokens: Tokens, rows: Tensor) -> Tensor:
    """int64 (N, T) -> float32 (N, T, width): the state of each token, of the same length."""
    states = tokens.unframed(_states(encoder, tokens, rows)[0], rows.shape[1])
    return nn.functional.normalize(states, dim=2) * states.shape[2] ** 0.5


def _states(encoder: nn.Module, tokens: Tokens, rows: Tensor) -> tuple[Tensor, Tensor]:
    """float32 (N, more than T, width), and which of them count."""
    framed, attended = tokens.framed(rows)
    with _bfloat16(framed):
        states = encoder(input_ids=framed, attention_mask=attended).last_hidden_state
    return states.float(), attended


def frozen(folder: Path) -> tuple[nn.Module, Tokens]:
    """An encoder that nobody trains, and its tokenizer; the last one stays in memory, wherever the same lies again."""
    digest = digest_of(folder)
    if digest not in _LAST:
        _LAST.clear()
        encoder = load_encoder(folder).eval().requires_grad_(False)
        _LAST[digest] = encoder, Tokens(folder, positions_of(encoder))
    return _LAST[digest]


def positions_of(encoder: Any) -> int:
    """How many tokens it can take; RoBERTa's positions begin behind its padding."""
    most = int(getattr(encoder.config, "max_position_embeddings", 0) or MOST_TOKENS)
    return most - 2 if "roberta" in encoder.config.model_type else most


@cache
def _has_bfloat16() -> bool:
    """Whether this CPU multiplies matrices of bfloat16 faster than others."""
    return bool(torch.cpu._is_amx_tile_supported())


def _bfloat16(framed: Tensor) -> torch.autocast:
    """For whole batches: the weights are converted each time, which for a single text takes longer than it saves."""
    device = framed.device.type
    enabled = device == "cuda" or (device == "cpu" and _has_bfloat16() and framed.numel() >= ENOUGH_TOKENS)
    return torch.autocast(device, torch.bfloat16, enabled=enabled)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's bars and its remarks on weights that aren't used."""
    from transformers.utils import logging as hugging

    bars, level = hugging.is_progress_bar_enabled(), hugging.get_verbosity()
    hugging.disable_progress_bar()
    hugging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        hugging.set_verbosity(level)
        if bars:
            hugging.enable_progress_bar()
