"""RealMLP (Holzmüller et al. 2024, Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data)."""

from typing import TYPE_CHECKING, Annotated, Literal

from automl.plugin import Float, Int, Task, model

if TYPE_CHECKING:
    from torch import nn


# It has its own dropout, and its layers aren't those that the regularizer looks for.
@model("realmlp", task="table", conflicts=("regularizer.dropout",))
def realmlp(
    task: Task,
    width: Annotated[int, Int(64, 512, step=64)] = 256,
    depth: Annotated[int, Int(1, 4)] = 3,
    layer_dropout: Annotated[float, Float(0.0, 0.5)] = 0.15,
    activation: Literal["selu", "mish"] = "selu",
    frequency: Annotated[float, Float(0.02, 2.0, log=True)] = 0.1,
) -> "nn.Module":
    """A perceptron with its inputs scaled by learned factors, periodic embeddings, and layers that keep their scale."""
    from automl_plugins.models._realmlp import RealMlp

    return RealMlp(task, width, depth, layer_dropout, activation, frequency)
