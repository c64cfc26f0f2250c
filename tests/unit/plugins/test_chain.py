"""Chains of classes: what is computed for all words of a place at once is what summing over all chains gives."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from automl_plugins.models._chain import Chains, conditional_random_field
from scipy.sparse import csr_matrix
from torch import Tensor

COUNTS = [3, 1, 4]
CLASSES = 3


@pytest.fixture
def drawn() -> tuple[Tensor, Tensor]:
    """Scores of 8 words, and of classes one after the other."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(8, CLASSES, generator=generator), torch.randn(CLASSES, CLASSES, generator=generator)


def by_enumeration(scores: Tensor, transitions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of one sentence: probabilities, how often each class follows each, the log of the sum over all chains."""
    chains = list(product(range(CLASSES), repeat=len(scores)))
    logs = torch.stack(
        [
            sum((scores[place, label] for place, label in enumerate(chain)), torch.zeros(()))
            + sum((transitions[one, other] for one, other in pairwise(chain)), torch.zeros(()))
            for chain in chains
        ]
    )
    found, follows = torch.zeros_like(scores), torch.zeros_like(transitions)
    for chain, share in zip(chains, logs.softmax(0), strict=True):
        for place, label in enumerate(chain):
            found[place, label] += share
        for one, other in pairwise(chain):
            follows[one, other] += share
    return found, follows, logs.logsumexp(0)


def test_probabilities_are_sums_over_all_chains(drawn: tuple[Tensor, Tensor]) -> None:
    scores, transitions = drawn
    weights = torch.tensor([1.0, 2.0, 0.5])
    own = [by_enumeration(part, transitions) for part in scores.split(COUNTS)]
    found, follows, logs = Chains(COUNTS).expected(scores, transitions, weights)
    torch.testing.assert_close(found, torch.cat([one[0] for one in own]))
    torch.testing.assert_close(Chains(COUNTS).marginals(scores, transitions), found)
    torch.testing.assert_close(follows, sum(w * one[1] for w, one in zip(weights, own, strict=True)))
    torch.testing.assert_close(logs, sum(w * one[2] for w, one in zip(weights, own, strict=True)))


def test_without_words_there_are_no_probabilities() -> None:
    assert Chains([]).marginals(torch.zeros(0, CLASSES), torch.zeros(CLASSES, CLASSES)).shape == (0, CLASSES)


@pytest.mark.parametrize("weighted", [False, True])
def test_what_is_learned_is_the_best_there_is(weighted: bool) -> None:
    """At the end the gradient of the likelihood of all chains, written down anew, is nothing."""
    rng = np.random.default_rng(0)
    rows = csr_matrix((rng.random((8, 4)) < 0.5).astype(np.float32))
    labels, strength = rng.integers(CLASSES, size=8), 0.05
    weights = rng.random(8).astype(np.float32) if weighted else None
    learned, transitions = conditional_random_field(
        rows, labels, COUNTS, weights, CLASSES, strength, start=0.5, steps=200
    )
    own, follows = (torch.tensor(array, requires_grad=True) for array in (learned, transitions))
    scores = torch.from_numpy(rows.toarray()) @ own[:-1] + own[-1]
    loss, start = torch.zeros(()), 0
    for count, part in zip(COUNTS, scores.split(COUNTS), strict=True):
        gold = labels[start : start + count]
        weight = float(weights[start : start + count].mean()) if weights is not None else 1.0
        right = part[range(count), gold].sum() + sum(follows[a, b] for a, b in pairwise(gold))
        loss = loss + weight * (by_enumeration(part, follows)[2] - right) / 8
        start += count
    loss = loss + strength / 2 * (own[:-1].square().sum() + follows.square().sum())
    loss.backward()
    assert own.grad is not None and follows.grad is not None
    assert own.grad.abs().max() < 1e-3 and follows.grad.abs().max() < 1e-3
