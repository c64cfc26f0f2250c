from typing import Annotated, Literal

import pytest

from automl.components import Catalog, Choice, Component, Float, Int, Task

BOTH = ("image-classification", "image-regression")


def tree(
    task: Task,
    kind: Literal["oak", "elm"] = "oak",
    rings: Annotated[int, Int(1, 3, when={"kind": "oak"})] = 2,
    bark: Annotated[bool, Choice(when={"rings": [2, 3]})] = False,
    width: Annotated[int, Int(2, lambda task: task.input_shape[-1])] = 32,
) -> None:
    """Chained conditions, and a bound that depends on the data."""


def bush() -> None:
    """No parameters."""


def giant(size: Annotated[int, Int(1, 9)] = 3) -> None:
    """Doesn't fit small images."""


def numbers_only() -> None:
    """For regression."""


def flip(p: Annotated[float, Float(0.0, 1.0)] = 0.5) -> None:
    """An augmentation."""


def calm(strength: Annotated[float, Float(0.0, 1.0, step=0.5)] = 0.5) -> None:
    """A regularizer."""


@pytest.fixture
def forest() -> Catalog:
    """Four models, an augmentation and a regularizer."""

    def too_small(task: Task) -> str | None:
        return "needs 75 px or more" if task.input_shape[-1] < 75 else None

    catalog = Catalog()
    for component in (
        Component("model", "tree", tree, BOTH, None, "here"),
        Component("model", "bush", bush, BOTH, None, "here"),
        Component("model", "giant", giant, BOTH, too_small, "here"),
        Component("model", "numbers_only", numbers_only, ("image-regression",), None, "here"),
        Component("augmentation", "flip", flip, BOTH, None, "here"),
        Component("regularizer", "calm", calm, BOTH, None, "here"),
    ):
        catalog.add(component)
    return catalog
