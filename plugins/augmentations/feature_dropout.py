"""Leaving out cells of a table's row, as SCARF does (Bahri et al. 2022), but with nothing in their place."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("feature_dropout", task="table")
def feature_dropout(p: Annotated[float, Float(0.01, 0.5, log=True)] = 0.05) -> object:
    """Makes each cell a missing one with probability p: prepared, a missing number is 0, and so is its code."""
    import torch

    def apply(rows: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        return rows * (torch.rand_like(rows) >= p), targets

    return apply
