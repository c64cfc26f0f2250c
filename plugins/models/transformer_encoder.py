"""A transformer over the tokens of a text that each see all of it (BERT, Devlin et al. 2019)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Choice, Float, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("transformer_encoder", task=("text", "token"))
def transformer_encoder(
    task: Task,
    width: Annotated[int, Choice(64, 128, 192, 256)] = 128,
    depth: Annotated[int, Int(1, 6)] = 2,
    heads: Annotated[int, Choice(2, 4, 8)] = 4,
    dropout: Annotated[float, Float(0.0, 0.5)] = 0.2,
) -> "nn.Module":
    """Each token sees the whole text; a token before it gathers what the classes are told by."""
    from automl_plugins.models._token_transformer import TokenTransformer

    return TokenTransformer(task, width, depth, heads, dropout, causal=False)
