"""Linear-chain conditional random fields (Lafferty et al. 2001): each word's class hangs on what the word is like and
on the class of the word before it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from automl_plugins.models._logistic import sparse
from torch import Tensor

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Chains:
    """Sentences, the longest first: all words of one place in their sentences are computed at once.

    Args:
        counts: Words of each sentence.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        lengths = np.asarray(counts, np.int64)
        order = np.argsort(-lengths, kind="stable")
        starts = (np.cumsum(lengths) - lengths)[order]
        self.words = int(lengths.sum())
        self.order = torch.from_numpy(order)
        longest = int(lengths.max(initial=0))
        self.places = [torch.from_numpy(starts[: int((lengths > place).sum())] + place) for place in range(longest)]

    def marginals(self, scores: Tensor, transitions: Tensor) -> Tensor:
        """Probabilities (words, classes) by scores (words, classes) and of classes one after the other (classes,
        classes)."""
        found = torch.empty_like(scores)
        forward, backward = self._passes(scores, transitions.exp())
        for place, ahead, behind in zip(self.places, forward, backward, strict=True):
            found[place] = (ahead + behind).softmax(1)
        return found

    def expected(self, scores: Tensor, transitions: Tensor, weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The same, how often each class follows each (classes, classes), and the log of all that the sentences'
        classes could be, summed; `weights` are those of the sentences."""
        jumps, own = transitions.exp(), weights[self.order]
        forward, backward = self._passes(scores, jumps)
        found, follows = torch.empty_like(scores), torch.zeros_like(transitions)
        for place, ahead, behind in zip(self.places, forward, backward, strict=True):
            found[place] = (ahead + behind).softmax(1)
        for place, before, behind in zip(self.places[1:], forward, backward[1:], strict=False):
            count = len(place)
            first, then = _scaled(before[:count])[0], _scaled(scores[place] + behind)[0]
            totals = ((first @ jumps) * then).sum(1)
            follows += jumps * (first.T @ (then * (own[:count] / totals).unsqueeze(1)))
        return found, follows, (own * (forward[0] + backward[0]).logsumexp(1)).sum()

    def _passes(self, scores: Tensor, jumps: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Of each place the logs of what leads to each class, its own score included, and of what comes behind it."""
        forward: list[Tensor] = []
        for place in self.places:
            ahead = scores[place]
            if forward:
                led, most = _scaled(forward[-1][: len(place)])
                ahead = ahead + (led @ jumps).log() + most
            forward.append(ahead)
        backward = [torch.zeros_like(ahead) for ahead in forward]
        for number in range(len(self.places) - 1, 0, -1):
            place = self.places[number]
            coming, most = _scaled(scores[place] + backward[number])
            backward[number - 1][: len(place)] = (coming @ jumps.T).log() + most
        return forward, backward


def _scaled(logs: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers from 0 to 1, and the logs of what they are to be multiplied by."""
    most = logs.amax(1, keepdim=True)
    return (logs - most).exp(), most


def conditional_random_field(
    rows: "csr_matrix",
    labels: np.ndarray,
    counts: Sequence[int],
    weights: np.ndarray | None,
    classes: int,
    strength: float,
    *,
    start: float,
    steps: int,
) -> tuple[np.ndarray, np.ndarray]:
    """float32 (F + 1, classes): the columns' weights, then the classes' own; and (classes, classes) those of classes
    one after the other. By L-BFGS, beginning with each class's mean.

    Args:
        counts: Words of each sentence.
        weights: Of the words; None where all count the same. A sentence has the mean of its words'.
        strength: Of the L2 penalty.
        start: The largest weight to begin with.
    """
    inputs, columns, chains = sparse(rows), sparse(rows.T.tocsr()), Chains(counts)
    targets, total = torch.from_numpy(labels), len(labels)
    owners = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    own = torch.ones(total) if weights is None else torch.from_numpy(weights)
    of_sentences = torch.zeros(len(counts)).index_add_(0, owners, own) / torch.tensor(counts)
    of_words = of_sentences[owners].unsqueeze(1)
    hot = of_words * torch.nn.functional.one_hot(targets, classes)
    together = owners[1:] == owners[:-1]
    follows = torch.zeros(classes * classes)
    follows.index_add_(0, (targets[:-1] * classes + targets[1:])[together], of_words[1:, 0][together])
    follows = follows.view(classes, classes)
    count = rows.shape[1]
    learned = torch.zeros(count + 1 + classes, classes)
    learned[:count] = columns @ (hot - of_words * hot.mean(0)) / total
    learned *= start / learned.abs().max().clamp_min(1e-9)
    learned.requires_grad_()
    optimizer = torch.optim.LBFGS(
        [learned], max_iter=steps, max_eval=2 * steps, history_size=8, line_search_fn="strong_wolfe"
    )

    @torch.no_grad()
    def compute() -> Tensor:
        columns_own, classes_own, transitions = learned[:count], learned[count], learned[count + 1 :]
        scores = inputs @ columns_own + classes_own
        found, expected, logs = chains.expected(scores, transitions, of_sentences)
        errors = (of_words * found - hot) / total
        gradient = torch.cat([columns @ errors, errors.sum(0, keepdim=True), (expected - follows) / total])
        penalized = learned.clone()
        penalized[count] = 0
        learned.grad = gradient + strength * penalized
        loss = (logs - (hot * scores).sum() - (follows * transitions).sum()) / total
        return loss + strength / 2 * penalized.square().sum()

    optimizer.step(compute)
    result = learned.detach().numpy()
    return result[: count + 1], result[count + 1 :]
