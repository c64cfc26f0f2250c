"""Vision transformers (Dosovitskiy et al. 2021), of torchvision's encoder."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Choice, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("vit", task="image", conflicts=("regularizer.freeze_backbone",))
def vit(
    task: Task,
    patch: Annotated[
        int,
        Int(
            lambda task: -(-max(task.input_shape[1:]) // 16),
            lambda task: max(1, min(task.input_shape[1:]) // 4),
        ),
    ] = 4,
    width: Annotated[int, Int(64, 256, step=32)] = 128,
    depth: Annotated[int, Int(2, 8)] = 4,
    heads: Annotated[int, Choice(2, 4, 8)] = 4,
) -> "nn.Module":
    """A small transformer on at most 16 x 16 patches, with learned positions and a mean over the patches at its end."""
    from torch import nn
    from torchvision.models.vision_transformer import Encoder
    from torchvision.ops import Permute

    channels, height, breadth = task.input_shape
    rows, columns = -(-height // patch), -(-breadth // patch)
    below, right = rows * patch - height, columns * patch - breadth
    encoder = Encoder(rows * columns, depth, heads, width, 4 * width, dropout=0.0, attention_dropout=0.0)
    # As large as the patches' own values: with torchvision's 0.02 a mean over patches doesn't learn where they lie.
    nn.init.normal_(encoder.pos_embedding, std=1.0)
    return nn.Sequential(
        nn.ZeroPad2d((right // 2, right - right // 2, below // 2, below - below // 2)),
        nn.Conv2d(channels, width, patch, patch),
        nn.Flatten(2),
        Permute([0, 2, 1]),
        encoder,
        Permute([0, 2, 1]),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(width, task.num_outputs),
    )
