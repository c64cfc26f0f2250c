"""Wide & Deep (Cheng et al. 2016, Wide & Deep Learning for Recommender Systems)."""

from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._table import Numbers, first_codes, row_features

from automl.plugin import Int, Task, model

if TYPE_CHECKING:
    from torch import nn

PAIRS = 200
"""Pairs of categories that are crossed at most, the first ones."""

BUCKETS = 2_003
"""Weights of all crossed pairs together; which one a pair of codes has, a hash decides. A prime."""


@model("wide_and_deep", task="table")
def wide_and_deep(
    task: Task,
    width: Annotated[int, Int(16, 512, log=True)] = 128,
    depth: Annotated[int, Int(1, 4)] = 2,
    crosses: bool = True,
    numbers: Numbers = "plain",
) -> "nn.Module":
    """A linear model on numbers, categories and their pairs, which remembers, and a perceptron, which generalizes."""
    import torch
    from torch import Tensor, nn

    count, sizes = task.num_numeric, task.category_sizes
    pairs = list(combinations(range(len(sizes)), 2))[:PAIRS] if crosses else []

    class WideAndDeep(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(count, task.num_outputs)
            self.codes = _weights(sum(sizes), task.num_outputs) if sizes else None
            self.crossed = _weights(BUCKETS, task.num_outputs) if pairs else None
            self.register_buffer("first", first_codes(sizes), persistent=False)
            self.register_buffer("pairs", torch.tensor(pairs, dtype=torch.int64).view(-1, 2).T, persistent=False)
            features, widths = row_features(task, numbers)
            layers: list[nn.Module] = [features]
            for before, after in pairwise([sum(widths)] + [width] * depth):
                layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
            self.deep = nn.Sequential(*layers, nn.Linear(width, task.num_outputs))

        def forward(self, rows: Tensor) -> Tensor:
            result: Tensor = self.deep(rows) + self.linear(rows[:, :count])
            codes = rows[:, count:].long() + self.first
            if self.codes is not None:
                result = result + self.codes(codes)
            if self.crossed is not None:
                one, other = codes[:, self.pairs[0]], codes[:, self.pairs[1]]
                result = result + self.crossed((one * 1_000_003 + other * 8_191) % BUCKETS)
            return result

    return WideAndDeep()


def _weights(rows: int, outputs: int) -> "nn.Module":
    """A linear model of zeros and ones: the weights of those that are one, summed."""
    from torch import nn

    bag = nn.EmbeddingBag(rows, outputs, mode="sum")
    nn.init.zeros_(bag.weight)
    return bag
