"""What the checks find in components for texts."""

from collections.abc import Callable
from textwrap import indent

import pytest

from automl.testing import CheckResult
from automl.testing.contract import CHECKS

ELSEWHERE = {"imports", "ships", "accelerator", "own_name"}
"""Checks with tests of their own."""

Checked = Callable[[str, str], CheckResult]
Refused = Callable[..., None]

HIDE = '''
"""Tokens that aren't seen."""

from automl.plugin import augmentation


@augmentation("hide", task="text")
def hide():
    """Makes each second text's first token another one."""
    import torch

    def apply(tokens, targets):
        changed = tokens.clone()
        draws = torch.rand(len(tokens), device=tokens.device) < 0.5
        changed[draws & (tokens[:, 0] > 0), 0] = 1
{body}
        return changed, targets

    return apply
'''

NET = '''
"""A mean of vectors."""

from automl.plugin import model


@model("vectors", task="text")
def vectors(task):
    """The mean of the tokens' vectors."""
    import torch
    from torch import nn

    class Vectors(nn.Module):
        def __init__(self):
            super().__init__()
            self.vectors = nn.Embedding(task.vocabulary_size, 8, padding_idx=0)
            self.head = nn.Linear(8, task.num_outputs)

        def forward(self, tokens):
            count = {count}
            return self.head(self.vectors(tokens).sum(1) / count)

    return Vectors()
'''
COUNT = "(tokens != 0).sum(1, keepdim=True).clamp_min(1)"


def hide(body: str = "") -> str:
    return HIDE.format(body=indent(body, 8 * " "))


@pytest.mark.parametrize("check", sorted(CHECKS["augmentation"].keys() - ELSEWHERE))
def test_a_good_augmentation_of_texts_passes(checked: Checked, check: str) -> None:
    result = checked(hide(), check)
    outcome = "does not apply" if check in ("pixels", "cells", "memory_format") else "passed"
    assert (result.outcome, result.hint) == (outcome, ""), result.message


@pytest.mark.parametrize(
    ("check", "body", "found"),
    [
        ("tokens", "changed[:, 0] = 10_000", "they stay below task.vocabulary_size"),
        ("tokens", "changed[:, 0] = 0", "a 0 came to stand before a token"),
        ("arguments_kept", "tokens[:, 0] = 0", "it changed the texts that it was given"),
        ("shape", "changed = changed[:, 1:]", "texts (6, 12) became (6, 11)"),
        ("shape", "changed = changed.float()", "torch.int64 became torch.float32"),
    ],
)
def test_an_augmentation_that_breaks_texts_is_found_out(refused: Refused, check: str, body: str, found: str) -> None:
    refused(hide(body), check, found)


@pytest.mark.parametrize("check", sorted(CHECKS["model"].keys() - ELSEWHERE))
def test_a_good_model_of_texts_passes(checked: Checked, check: str) -> None:
    result = checked(NET.format(count=COUNT), check)
    outcome = "does not apply" if check == "memory_format" else "passed"
    assert (result.outcome, result.hint) == (outcome, ""), result.message


def test_a_model_that_sees_the_padding_is_found_out(refused: Refused) -> None:
    refused(NET.format(count="tokens.shape[1]"), "one_sample", "alone an input's outputs differ")


def test_a_model_that_an_empty_text_breaks_is_found_out(refused: Refused) -> None:
    refused(NET.format(count="(tokens != 0).sum(1, keepdim=True)"), "gradients", "values that aren't finite")
