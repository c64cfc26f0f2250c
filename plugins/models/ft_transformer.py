"""FT-Transformer (Gorishniy et al. 2021, Revisiting Deep Learning Models for Tabular Data), their implementation."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("ft_transformer", task="table")
def ft_transformer(task: Task, blocks: Annotated[int, Int(1, 4)] = 2) -> "nn.Module":
    """Each column is a token of a transformer; width and dropout grow with the blocks as the paper has it."""
    from rtdl_revisiting_models import FTTransformer
    from torch import Tensor, nn

    count, sizes = task.num_numeric, list(task.category_sizes)
    kwargs = FTTransformer.get_default_kwargs(blocks) | {"d_out": task.num_outputs}

    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = FTTransformer(n_cont_features=count, cat_cardinalities=sizes, **kwargs)

        def forward(self, rows: Tensor) -> Tensor:
            result: Tensor = self.net(rows[:, :count] if count else None, rows[:, count:].long() if sizes else None)
            return result

    return Tokens()
