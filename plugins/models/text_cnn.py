"""Convolutions over the tokens of a text (Kim 2014, Convolutional Neural Networks for Sentence Classification)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Choice, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


def pools(task: Task, pool: object) -> bool:
    """Where each word has a class nothing is pooled: one option is as good as another."""
    return not task.is_per_word or pool == "max"


@model("text_cnn", task=("text", "token"))
def text_cnn(
    task: Task,
    embedding: Annotated[int, Int(32, 512, log=True)] = 128,
    width: Annotated[int, Int(32, 512, log=True)] = 192,
    longest: Annotated[int, Int(1, 6)] = 3,
    pool: Annotated[str, Choice("max", "mean", fits=pools)] = "max",
) -> "nn.Module":
    """Filters over one to `longest` tokens, each by its maximum or its mean over the text.

    Where each word has a class: over a token and none to `longest` - 1 of its neighbours at each side.
    """
    import torch
    from torch import Tensor, nn

    class TextCnn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(task.vocabulary_size, embedding, padding_idx=0)
            lengths = range(1, 2 * longest, 2) if task.is_per_word else range(1, longest + 1)
            self.filters = nn.ModuleList(nn.Conv1d(embedding, width, tokens) for tokens in lengths)
            self.head = nn.Linear(width * longest, task.num_outputs)

        def forward(self, tokens: Tensor) -> Tensor:
            x = self.embedding(tokens).transpose(1, 2)
            is_token = (tokens != 0).unsqueeze(1)
            if task.is_per_word:
                around = [f(nn.functional.pad(x, (side, side))).relu() for side, f in enumerate(self.filters)]
                return self.head(torch.cat(around, 1).transpose(1, 2))
            found = []
            for before, convolution in enumerate(self.filters):
                # A filter stands at its last token, so there is one for each, however short the text.
                y = convolution(nn.functional.pad(x, (before, 0))).relu() * is_token
                found.append(y.amax(2) if pool == "max" else y.sum(2) / is_token.sum(2).clamp_min(1))
            return self.head(torch.cat(found, 1))

    return TextCnn()
