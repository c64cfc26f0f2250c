"""ResNet for tables (Gorishniy et al. 2021, Revisiting Deep Learning Models for Tabular Data), their implementation."""

from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._table import Numbers, row_features

from automl.plugin import Float, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


@model("resnet_mlp", task="table")
def resnet_mlp(
    task: Task,
    width: Annotated[int, Int(32, 512, log=True)] = 128,
    blocks: Annotated[int, Int(1, 6)] = 2,
    hidden_dropout: Annotated[float, Float(0.0, 0.5)] = 0.2,
    numbers: Numbers = "plain",
) -> "nn.Module":
    """Residual blocks of two layers with batch norm, on a row's values."""
    from rtdl_revisiting_models import ResNet
    from torch import nn

    features, widths = row_features(task, numbers)
    net = ResNet(
        d_in=sum(widths),
        d_out=task.num_outputs,
        n_blocks=blocks,
        d_block=width,
        d_hidden_multiplier=2.0,
        dropout1=hidden_dropout,
        dropout2=0.0,
    )
    return nn.Sequential(features, net)
