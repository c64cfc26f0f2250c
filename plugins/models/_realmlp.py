"""The network of RealMLP, as far as it is one: the paper's optimizer and schedule are `training.*`'s."""

from itertools import pairwise

import torch
from automl_plugins.models._table import first_codes
from torch import Tensor, nn
from torch.nn import functional

from automl.plugin import Task

# Under Adam a parameter that is learned at f times the rate is the same as one that is multiplied by f after it was
# learned at the rate itself. So the paper's rates for each kind of parameter stand here, in units of `training.lr`'s
# default.
WEIGHTS = 0.04 / 0.003
BIASES = 0.1 * WEIGHTS
SCALES = 6 * WEIGHTS
WAVES = 0.1 * WEIGHTS

FREQUENCIES = 16
NUMBER_EMBEDDING = 4
"""Numbers that stand for a number; the first one is it itself."""

EMBEDDING = 8
"""Numbers that stand for a category."""

ONE_HOT = 9
"""A category of so many codes at most is given as zeros and a one."""


class RealMlp(nn.Module):
    """Rows (N, F) -> (N, outputs)."""

    def __init__(self, task: Task, width: int, depth: int, dropout: float, activation: str, frequency: float) -> None:
        super().__init__()
        self.inputs = Inputs(task, frequency)
        self.factors = nn.Parameter(torch.ones(self.inputs.width) / SCALES)
        self.hidden = nn.ModuleList(Linear(*pair) for pair in pairwise([self.inputs.width] + [width] * depth))
        self.slopes = nn.ParameterList(nn.Parameter(torch.ones(width) / BIASES) for _ in range(depth))
        self.activation = functional.selu if activation == "selu" else functional.mish
        self.dropout = nn.Dropout(dropout)
        self.last = Linear(width, task.num_outputs)

    def forward(self, rows: Tensor) -> Tensor:
        x = self.inputs(rows) * self.factors * SCALES
        for layer, slope in zip(self.hidden, self.slopes, strict=True):
            x = layer(x)
            x = self.dropout(x + slope * BIASES * (self.activation(x) - x))  # each unit learns how bent it is
        return self.last(x)


class Linear(nn.Module):
    """Its weights have unit variance, and the scale apart (Jacot et al. 2018, Neural Tangent Kernel)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / WEIGHTS)
        self.bias = nn.Parameter(torch.randn(outputs) / BIASES)
        self.scale = WEIGHTS / inputs**0.5

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight * self.scale, self.bias * BIASES)


class Inputs(nn.Module):
    """Rows (N, F) -> (N, `width`): numbers with their waves, small categories one-hot, large ones as vectors."""

    def __init__(self, task: Task, frequency: float) -> None:
        super().__init__()
        self.count = task.num_numeric
        self.numbers = Waves(self.count, frequency)
        sizes = task.category_sizes
        small = [column for column, size in enumerate(sizes) if size <= ONE_HOT]
        large = [column for column, size in enumerate(sizes) if size > ONE_HOT]
        self.hot = sum(sizes[column] for column in small)
        vectors = sum(sizes[column] for column in large)
        self.embedding = nn.Embedding(vectors, EMBEDDING) if large else None
        for name, columns in (("small", small), ("large", large)):
            first = first_codes([sizes[column] for column in columns])
            self.register_buffer(f"{name}_columns", torch.tensor(columns, dtype=torch.int64), persistent=False)
            self.register_buffer(f"{name}_first", first, persistent=False)
        self.width = self.count * NUMBER_EMBEDDING + self.hot + len(large) * EMBEDDING

    def forward(self, rows: Tensor) -> Tensor:
        codes = rows[:, self.count :].long()
        hot = rows.new_zeros((rows.shape[0], self.hot))  # not len(rows), which an exported graph would keep as a number
        parts = [
            self.numbers(rows[:, : self.count]),
            hot.scatter_(1, codes[:, self.small_columns] + self.small_first, 1.0),
        ]
        if self.embedding is not None:
            parts.append(self.embedding(codes[:, self.large_columns] + self.large_first).flatten(1))
        return torch.cat(parts, dim=1)


class Waves(nn.Module):
    """(N, numbers) -> (N, numbers x `NUMBER_EMBEDDING`): each number, and a linear map of its cosines."""

    def __init__(self, count: int, frequency: float) -> None:
        super().__init__()
        bound, mapped = FREQUENCIES**-0.5, NUMBER_EMBEDDING - 1
        self.waves = nn.Parameter(torch.randn(count, FREQUENCIES) * frequency / WAVES)
        self.shifts = nn.Parameter(torch.empty(count, FREQUENCIES).uniform_(-torch.pi, torch.pi) / WAVES)
        self.weight = nn.Parameter(torch.empty(count, FREQUENCIES, mapped).uniform_(-bound, bound) / WAVES)
        self.bias = nn.Parameter(torch.empty(count, mapped).uniform_(-bound, bound) / WAVES)

    def forward(self, x: Tensor) -> Tensor:
        cosines = torch.cos(2 * torch.pi * x.unsqueeze(2) * self.waves * WAVES + self.shifts * WAVES)
        mapped = torch.einsum("nfk,fke->nfe", cosines, self.weight * WAVES) + self.bias * WAVES
        return torch.cat([x.unsqueeze(2), mapped], dim=2).flatten(1)
