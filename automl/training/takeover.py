"""Going on from a checkpoint of another configuration, one that differs in what may change in mid-training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch.optim import Optimizer

from automl.components import Catalog, Regularizer, Task, Value
from automl.training.assembly import assemble, without_download

State = dict[str, Any]


def taken_over(
    state: Mapping[str, Any],
    configuration: Mapping[str, Value],
    optimizer: Optimizer,
    regularizers: Sequence[Regularizer],
    catalog: Catalog,
    task: Task,
) -> State:
    """A checkpoint's state as the `configuration` goes on from it: what was learned stays, what the two configurations
    decide differently is the new one's.

    The learning rate keeps its place on the schedule.

    Args:
        state: As `Trainer.save` wrote it.
        optimizer, regularizers: Of the new configuration, before their first step.
    """
    theirs = state["configuration"]
    factor = float(str(configuration["training.lr"])) / float(str(theirs["training.lr"]))
    groups = [
        {**own, "lr": former["lr"] * factor}
        for own, former in zip(optimizer.state_dict()["param_groups"], state["optimizer"]["param_groups"], strict=True)
    ]
    states = state["regularizers"]
    if _of_regularizers(theirs) != _of_regularizers(configuration):
        before = assemble(catalog, task, without_download(theirs)).regularizers
        states = [
            {**learned, **_decided(own.state(), other.state())}
            for learned, own, other in zip(states, regularizers, before, strict=True)
        ]
    return {
        **state,
        "optimizer": {**state["optimizer"], "param_groups": groups},
        "regularizers": states,
    }


def _of_regularizers(configuration: Mapping[str, Value]) -> State:
    return {name: value for name, value in configuration.items() if name.startswith("regularizer.")}


def _decided(own: State, other: State) -> State:
    """What two regularizers that have seen nothing yet differ in: by their configurations alone."""
    plain = {name: value for name, value in own.items() if isinstance(value, int | float | str | None)}
    return {name: value for name, value in plain.items() if name not in other or other[name] != value}
