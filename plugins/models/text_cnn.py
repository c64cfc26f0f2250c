"""Convolutions over the tokens of a text (Kim 2014, Convolutional Neural Networks for Sentence Classification)."""

from typing import TYPE_CHECKING, Annotated, Literal

from automl.plugin import Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("text_cnn", task="text")
def text_cnn(
    task: Task,
    embedding: Annotated[int, Int(32, 512, log=True)] = 128,
    width: Annotated[int, Int(32, 512, log=True)] = 192,
    longest: Annotated[int, Int(1, 6)] = 3,
    pool: Literal["max", "mean"] = "max",
) -> "nn.Module":
    """Filters over one to `longest` tokens, each by its maximum or its mean over the text."""
    import torch
    from torch import Tensor, nn

    class TextCnn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(task.vocabulary_size, embedding, padding_idx=0)
            self.filters = nn.ModuleList(nn.Conv1d(embedding, width, tokens) for tokens in range(1, longest + 1))
            self.head = nn.Linear(width * longest, task.num_outputs)

        def forward(self, tokens: Tensor) -> Tensor:
            x = self.embedding(tokens).transpose(1, 2)
            is_token = (tokens != 0).unsqueeze(1)
            found = []
            for before, convolution in enumerate(self.filters):
                # A filter stands at its last token, so there is one for each, however short the text.
                y = convolution(nn.functional.pad(x, (before, 0))).relu() * is_token
                found.append(y.amax(2) if pool == "max" else y.sum(2) / is_token.sum(2).clamp_min(1))
            return self.head(torch.cat(found, 1))

    return TextCnn()
