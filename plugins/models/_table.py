"""What the models on tables share: how a row becomes numbers that a network learns from."""

from typing import TYPE_CHECKING

from automl.plugin import Task

if TYPE_CHECKING:
    from torch import nn

EMBEDDING = 8
"""Numbers that stand for a category."""


def row_features(task: Task) -> tuple["nn.Module", int]:
    """A module (N, F) -> (N, width), and that width: the row's numbers, then a learned vector for each category."""
    import torch
    from torch import Tensor, nn

    numbers, sizes = task.num_numeric, task.category_sizes

    class RowFeatures(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            # One table for the codes of all columns, each column's behind those of the one before: one look-up.
            self.embedding = nn.Embedding(sum(sizes), EMBEDDING) if sizes else None
            first = torch.tensor([0, *sizes[:-1]] if sizes else [], dtype=torch.int64).cumsum(0)
            self.register_buffer("first", first, persistent=False)

        def forward(self, rows: Tensor) -> Tensor:
            if self.embedding is None:
                return rows
            vectors = self.embedding(rows[:, numbers:].long() + self.first)
            return torch.cat([rows[:, :numbers], vectors.flatten(1)], dim=1)

    return RowFeatures(), numbers + EMBEDDING * len(sizes)
