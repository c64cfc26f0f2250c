"""What the transformers that begin with nothing share: vectors of tokens and places, layers, a linear head."""

import torch
from torch import Tensor, nn

from automl.plugin import Task

GROWTH = 4
"""The width inside a layer, times the width between layers."""


class TokenTransformer(nn.Module):
    """int64 (N, T) -> (N, outputs), by the state of one token that the model adds to each text; where each word has a
    class (N, T, outputs), by those of the text's own.

    Args:
        causal: A token sees those before it, and the added one stands behind the text, as in GPT (Radford et al. 2018);
            else each sees all, and it stands before the text, as in BERT (Devlin et al. 2019).
    """

    def __init__(self, task: Task, width: int, depth: int, heads: int, dropout: float, *, causal: bool) -> None:
        super().__init__()
        self.causal, self.per_word = causal, task.is_per_word
        self.tokens = nn.Embedding(task.vocabulary_size, width, padding_idx=0)
        self.places = nn.Embedding(task.input_shape[0] + 1, width)
        self.added = nn.Parameter(torch.zeros(width))
        for vectors in (self.tokens, self.places):
            nn.init.normal_(vectors.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(
            width, heads, GROWTH * width, dropout, nn.functional.gelu, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, depth, nn.LayerNorm(width), enable_nested_tensor=False)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, task.num_outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        vectors, is_seen, added = self._with_added(tokens)
        x = self.dropout(vectors + self.places.weight[: vectors.shape[1]])
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], x.device, torch.bool) if self.causal else None
        states = self.layers(x, mask, ~is_seen, is_causal=self.causal)
        told = states[:, 1:] if self.per_word else states[torch.arange(states.shape[0], device=states.device), added]
        result: Tensor = self.head(told)
        return result

    def _with_added(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors (N, T + 1, width), which of them are no padding (N, T + 1), and where the added ones stand (N,)."""
        own = self.added.expand(tokens.shape[0], 1, -1)  # `len` would be a number for good in an exported graph
        is_token = tokens != 0
        is_seen = nn.functional.pad(is_token, (1, 0), value=True)
        vectors = self.tokens(tokens)
        if not self.causal:
            return torch.cat([own, vectors], 1), is_seen, torch.zeros_like(tokens[:, 0])
        place = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
        lengths = (is_token * place).amax(1)
        behind = torch.arange(tokens.shape[1] + 1, device=tokens.device) == lengths[:, None]
        vectors = torch.where(behind[:, :, None], own, nn.functional.pad(vectors, (0, 0, 0, 1)))
        return vectors, nn.functional.pad(is_token, (0, 1)) | behind, lengths
