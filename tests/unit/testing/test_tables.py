"""Components for tables keep the contract, too."""

from collections.abc import Callable
from textwrap import indent

import pytest

from automl.testing import CheckResult
from automl.testing.contract import CHECKS

Refused = Callable[..., None]
Checked = Callable[[str, str], CheckResult]
ELSEWHERE = {"imports", "own_name", "ships", "accelerator"}
"""Checks of what doesn't depend on the task."""

SHAKE = '''
@augmentation("shake", task="table")
def shake(task: Task, std: Annotated[float, Float(0.01, 0.5)] = 0.1):
    """Adds noise to numbers."""
    import torch

    def apply(rows, targets):
        changed = rows.clone()
        changed[:, :task.num_numeric] += std * torch.randn_like(changed[:, :task.num_numeric])
{body}
        return changed, targets

    return apply
'''

MEMBERS = '''
@model("members", task="table")
def members(task: Task, count: Annotated[int, Int(2, 8)] = 4):
    """Several lines, each with its own answer."""
    import torch
    from torch import nn

    class Members(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(*task.input_shape, count * task.num_outputs)

        def forward(self, rows):
            return self.line({inputs}).view(len(rows), {shape})

    return Members()
'''


def shake(body: str = "") -> str:
    return SHAKE.format(body=indent(body, 8 * " "))


def members(inputs: str = "rows", shape: str = "count, task.num_outputs") -> str:
    return MEMBERS.format(inputs=inputs, shape=shape)


@pytest.mark.parametrize("check", sorted(CHECKS["augmentation"].keys() - ELSEWHERE))
def test_a_good_augmentation_of_rows_passes(checked: Checked, check: str) -> None:
    result = checked(shake(), check)
    outcome = "does not apply" if check in ("pixels", "tokens", "memory_format") else "passed"
    assert (result.outcome, result.hint) == (outcome, ""), result.message


@pytest.mark.parametrize(
    ("check", "body", "found"),
    [
        ("cells", "changed[:, task.num_numeric:] += 0.5", "codes became 0.5 to"),
        ("cells", "changed[:, -1] = 20", "they stay whole numbers below task.category_sizes"),
        ("cells", "changed = changed / 0", "cells became NaN or infinite"),
        ("arguments_kept", "rows[:, 0] = 0", "it changed the rows that it was given"),
        ("shape", "changed = changed[1:]", "a batch of 6 became 5 rows and 6 targets"),
    ],
)
def test_an_augmentation_that_breaks_rows_is_found_out(refused: Refused, check: str, body: str, found: str) -> None:
    refused(shake(body), check, found)


@pytest.mark.parametrize("check", sorted(CHECKS["model"].keys() - ELSEWHERE))
def test_a_model_of_several_members_passes(checked: Checked, check: str) -> None:
    result = checked(members(), check)
    outcome = "does not apply" if check == "memory_format" else "passed"
    assert (result.outcome, result.hint) == (outcome, ""), result.message


def test_a_model_without_its_numbers_is_found_out(refused: Refused) -> None:
    needs = members("rows / rows[:, :task.num_numeric].norm()")
    refused(needs, "sizes", "rows of 0 numbers and 1 categories", "")
