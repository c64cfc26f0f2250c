"""Several models that predict together."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn


class Bag(nn.Module):
    """Models of one configuration, each trained on other rows: what they predict on average counts (Breiman 1996,
    Bagging Predictors). `automl.training.inference.predict` asks each of them."""

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
