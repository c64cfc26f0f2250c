from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from automl.components import Catalog, Component, Task
from automl.space import Space, compose


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def space_of(catalog: Catalog) -> Callable[..., Space]:
    """space_of(component, task) -> the space of a model, or of a switched-on augmentation or regularizer and mlp.

    Nothing is downloaded. The test is skipped where the component says that it doesn't fit the task.
    """

    def make(component: Component, task: Task, overrides: dict[str, Any] | None = None) -> Space:
        if why := component.mismatch(task):
            pytest.skip(f"{component.name} {why}")
        prefix = f"{component.kind}.{component.name}"
        chosen: dict[str, Any] = {"model": component.name} if component.kind == "model" else {"model": "mlp"}
        for other in (*catalog.of_kind("augmentation"), *catalog.of_kind("regularizer")):
            chosen[f"{other.kind}.{other.name}"] = other is component
        if any(parameter.name == "pretrained" for parameter in component.parameters):
            chosen[f"{prefix}.pretrained"] = False
        return compose(catalog, task, {**chosen, **(overrides or {})}).space

    return make
