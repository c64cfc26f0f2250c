"""A model of one's own in one file: a small convolutional network with mean or attention pooling."""

from typing import Annotated, Literal

from automl.plugin import Float, Int, Task, model


@model("attention_pool_net", task=("image-classification", "image-regression"))
def attention_pool_net(
    task: Task,
    width: Annotated[int, Int(16, 128, log=True)] = 32,
    pool: Literal["mean", "attention"] = "mean",
    heads: Annotated[int, Int(1, 8, when={"pool": "attention"})] = 4,
    dropout: Annotated[float, Float(0.0, 0.6)] = 0.1,
) -> object:
    """Three 3x3 convolutions, then the mean over all places, or one that learns which places count."""
    # Inside the function: `automl plugins list` shows this file without loading torch.
    from torch import nn

    class AttentionPool(nn.Module):
        """(N, C, H, W) -> (N, heads * C): each head weighs the places and takes its own mean."""

        def __init__(self) -> None:
            super().__init__()
            self.scores = nn.Conv2d(2 * width, heads, 1)

        def forward(self, maps):
            weights = self.scores(maps).flatten(2).softmax(2)  # (N, heads, H * W), sums to 1 over the places
            return (weights @ maps.flatten(2).transpose(1, 2)).flatten(1)

    def block(inputs: int, outputs: int, stride: int) -> nn.Module:
        convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())

    if pool == "attention":
        pooling, features = AttentionPool(), heads * 2 * width
    else:
        pooling, features = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), 2 * width
    return nn.Sequential(
        block(task.input_shape[0], width, 1),
        block(width, width, 2),
        block(width, 2 * width, 2),
        pooling,
        nn.Dropout(dropout),
        nn.Linear(features, task.num_outputs),
    )
