"""What the models on tables share: how a row becomes numbers that a network learns from."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from automl.plugin import Task

if TYPE_CHECKING:
    from torch import Tensor, nn

Numbers = Literal["plain", "piecewise_linear", "periodic"]
"""How a number is given to a network: as it is, by where it stands between bins, or by learned waves."""

EMBEDDING = 8
"""Numbers that stand for a category."""

NUMBER_EMBEDDING = 12
"""Numbers that stand for a number, where it isn't given as it is."""

BINS = 32
FREQUENCIES = 24
SMALLEST = 0.0025
"""What a prepared number is cut off at, as a share of the rows."""


def row_features(task: Task, numbers: Numbers = "plain") -> tuple["nn.Module", list[int]]:
    """A module (N, F) -> (N, sum of widths), and the width of each column: numbers, then vectors of the categories."""
    import torch
    from torch import Tensor, nn

    count, sizes = task.num_numeric, task.category_sizes
    embedded = number_embedding(count, numbers)

    class RowFeatures(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.numbers = embedded
            # One table for the codes of all columns, each column's behind those of the one before: one look-up.
            self.embedding = nn.Embedding(sum(sizes), EMBEDDING) if sizes else None
            self.register_buffer("first", first_codes(sizes), persistent=False)

        def forward(self, rows: Tensor) -> Tensor:
            parts = [rows[:, :count] if self.numbers is None else self.numbers(rows[:, :count]).flatten(1)]
            if self.embedding is not None:
                parts.append(self.embedding(rows[:, count:].long() + self.first).flatten(1))
            return torch.cat(parts, dim=1)

    return RowFeatures(), [1 if embedded is None else NUMBER_EMBEDDING] * count + [EMBEDDING] * len(sizes)


def first_codes(sizes: Sequence[int]) -> "Tensor":
    """int64 (categories,): where each column's codes begin in a table of the codes of all columns."""
    import torch

    return torch.tensor([0, *sizes[:-1]] if sizes else [], dtype=torch.int64).cumsum(0)


def number_embedding(count: int, how: Numbers) -> "nn.Module | None":
    """A module (N, count) -> (N, count, `NUMBER_EMBEDDING`); None where numbers are given as they are.

    Gorishniy et al. 2022, On Embeddings for Numerical Features in Tabular Deep Learning; their implementation. Prepared
    numbers are normally distributed, so the same bins hold equally many rows of each.
    """
    if how == "plain" or not count:
        return None
    from rtdl_num_embeddings import PeriodicEmbeddings, PiecewiseLinearEmbeddings
    from torch import tensor

    if how == "periodic":
        return PeriodicEmbeddings(count, NUMBER_EMBEDDING, n_frequencies=FREQUENCIES, lite=False)
    shares = [min(max(edge / BINS, SMALLEST), 1 - SMALLEST) for edge in range(BINS + 1)]
    edges = tensor([NormalDist().inv_cdf(share) for share in shares])
    return PiecewiseLinearEmbeddings([edges] * count, NUMBER_EMBEDDING, activation=False, version="B")
