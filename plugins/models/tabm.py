"""TabM (Gorishniy et al. 2024), parameter-efficient ensembling; the authors' implementation."""

from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._table import Numbers, row_features

from automl.plugin import Choice, Float, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


# It has its own dropout, and no last linear layer that the regularizer could find.
@model("tabm", task="table", conflicts=("regularizer.dropout",))
def tabm(
    task: Task,
    width: Annotated[int, Int(64, 512, step=64)] = 128,
    blocks: Annotated[int, Int(1, 4)] = 2,
    members: Annotated[int, Choice(8, 16, 32)] = 8,
    layer_dropout: Annotated[float, Float(0.0, 0.5)] = 0.1,
    numbers: Numbers = "piecewise_linear",
) -> "nn.Module":
    """Many perceptrons in one that share most of their weights; each predicts, and their mean counts."""
    from tabm import EnsembleView, LinearEnsemble, make_tabm_backbone
    from torch import nn

    features, widths = row_features(task, numbers)
    backbone = make_tabm_backbone(
        d_in=sum(widths),
        n_blocks=blocks,
        d_block=width,
        dropout=layer_dropout,
        activation="ReLU",
        k=members,
        arch_type="tabm",
        start_scaling_init="random-signs" if numbers == "plain" else "normal",
        start_scaling_init_chunks=widths,
    )
    return nn.Sequential(
        features, EnsembleView(k=members), backbone, LinearEnsemble(width, task.num_outputs, k=members)
    )
