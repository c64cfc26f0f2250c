"""Rows that no class fits: how well a row fits, and the threshold below which the answer is that none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from automl.errors import UserError
from automl.evaluation.decision import flags
from automl.evaluation.sample import Array, Labels

Score = Literal["softmax", "class", "energy", "entropy"]
SCORES: tuple[Score, ...] = get_args(Score)

MOST_LOST = 0.005
"""Of the rows that a class fits, so many right answers are given up at most."""

SURE = 0.84
"""How surely: so probably no more are lost on other rows, where a threshold was chosen by these. A standard error."""

CLEARLY = 2
"""Standard errors: by one, some of three other scores is better by chance on two data sets in five."""


@dataclass(frozen=True)
class Rejection:
    """When no class is the answer.

    Args:
        label: The answer then; where it is one of the classes, rows of it were learned from.
        score: How well a row fits: `softmax`, its largest probability of a class (Hendrycks and Gimpel 2017, A baseline
            for detecting misclassified and out-of-distribution examples); `class`, how improbable the class `label`
            is; `energy`, the log of the classes' summed exponentiated outputs (Liu et al. 2020, Energy-based
            out-of-distribution detection); `entropy`, how little the classes' probabilities are spread.
        threshold: A row whose score is below fits none.
    """

    label: str
    score: Score
    threshold: float

    def __str__(self) -> str:
        bound = f"{abs(self.threshold) if self.score == 'class' else self.threshold:.4g}"
        where = {
            "softmax": f"no class has a probability of {bound}",
            "class": f"its own probability is above {bound}",
            "energy": f"the energy is below {bound}",
            "entropy": f"the negative entropy is below {bound}",
        }
        return f"{self.label} where {where[self.score]}"

    def decide(
        self,
        class_names: Sequence[str],
        probabilities: Array,
        energies: Array | None = None,
        threshold: float | None = None,
    ) -> Array:
        """The answer to each row, texts (N,).

        Args:
            probabilities: (N, classes).
            energies: (N,), needed where `score` is `energy`.
            threshold: Of two classes, the positive one's probability from which on it is decided for.
        """
        fitting = inside(probabilities, outside_of(class_names, self.label))
        chosen = fitting.argmax(1) if threshold is None else flags(probabilities, threshold).astype(int)
        best = np.array(class_names, object)[chosen]
        answers: Array = np.where(self.rejects(class_names, probabilities, energies), self.label, best)
        return answers

    def rejects(self, class_names: Sequence[str], probabilities: Array, energies: Array | None = None) -> Array:
        """Which rows fit none, bool (N,)."""
        scores = fit_scores(self.score, probabilities, outside_of(class_names, self.label), energies)
        return scores < self.threshold

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back."""
        return {"label": self.label, "score": self.score, "threshold": self.threshold}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Rejection:
        """Raises UserError where it goes by a score that isn't known."""
        if values["score"] not in SCORES:
            raise UserError(
                f"The model rejects by {values['score']}, which this version doesn't know.",
                hint="Install the version of automl that wrote it, or a newer one.",
            )
        return cls(values["label"], values["score"], values["threshold"])


def outside_of(class_names: Sequence[str], label: str) -> int | None:
    """The place of the class `label`; None where no row of it was learned from."""
    return class_names.index(label) if label in class_names else None


def inside(probabilities: Array, outside: int | None) -> Array:
    """The probabilities with that of `outside` as -1: none is likelier."""
    if outside is None:
        return probabilities
    return np.where(np.arange(probabilities.shape[1]) == outside, -1, probabilities)


def fit_scores(score: Score, probabilities: Array, outside: int | None, energies: Array | None = None) -> Array:
    """How well each row fits one of the classes, float64 (N,): more is better."""
    if score == "energy":
        assert energies is not None
        return energies.astype(np.float64)
    if score == "class":
        assert outside is not None
        return -probabilities[:, outside].astype(np.float64)
    kept = inside(probabilities, outside).astype(np.float64)
    if score == "softmax":
        best: Array = kept.max(1)
        return best
    shares = np.maximum(kept, 0)
    shares = np.maximum(shares / np.maximum(shares.sum(1, keepdims=True), 1e-30), 1e-30)
    spread: Array = (shares * np.log(shares)).sum(1)
    return spread


@dataclass(frozen=True)
class Choice:
    """A rejection as it does on the rows that it was chosen on.

    Args:
        found: The share of rows that fit none that it finds, or where there were no such rows, of wrong answers.
        kept: The share of the others that are answered rightly; without it, `before`.
    """

    rejection: Rejection
    found: float
    kept: float
    before: float


def choose(
    label: str, class_names: Sequence[str], probabilities: Array, targets: Labels, energies: Array | None = None
) -> Choice:
    """The score and threshold of the best mean of the right answers to rows that a class fits and of rejected rows
    that none fits, where at most `MOST_LOST` of the right answers are given up.

    Without rows that no class fits, wrong answers stand for them: what is rejected first is what the model gets wrong.
    The largest probability is the score unless another one is better by more than `CLEARLY` standard errors of what it
    finds.

    Args:
        targets: (N,), those of rows that no class fits being the place of `label`.
        energies: (N,), where they are known.
    """
    outside = outside_of(class_names, label)
    fits = targets != (-1 if outside is None else outside)
    right = fits & (inside(probabilities, outside).argmax(1) == targets)
    negative = ~fits if (~fits).any() else ~right
    scores: list[Score] = ["softmax", "entropy"]
    scores += ["class"] if outside is not None else []
    scores += ["energy"] if energies is not None else []
    best: Choice | None = None
    for score in scores:
        values = fit_scores(score, probabilities, outside, energies)
        choice = _at_best(Rejection(label, score, 0.0), values, right, negative, fits)
        if best is None or choice.found + choice.kept > best.found + best.kept + CLEARLY * _error(best.found, negative):
            best = choice
    assert best is not None
    return best


def _at_best(rejection: Rejection, scores: Array, right: Array, negative: Array, fits: Array) -> Choice:
    total = max(1, int(fits.sum()))
    threshold, found, lost = _threshold(scores, right, negative, total)
    before = float(right.sum() / total)
    return Choice(replace(rejection, threshold=threshold), found, before - lost / total, before)


def _error(share: float, rows: Array) -> float:
    """The standard error of a share of these rows."""
    return float(np.sqrt(share * (1 - share) / max(1, rows.sum())))


def _at_most(lost: Array, rows: int) -> Array:
    """The share that so surely isn't exceeded where so many of these rows are lost (Clopper and Pearson 1934)."""
    from scipy.special import betaincinv

    bound: Array = betaincinv(lost + 1, np.maximum(rows - lost, 1), SURE)
    return bound


def _threshold(scores: Array, right: Array, negative: Array, fitting: int) -> tuple[float, float, int]:
    """The threshold, the share of the negatives below it, and how many right answers are.

    Args:
        fitting: Rows that a class fits.
    """
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    lost = np.append(0, np.cumsum(right[order]))
    found = np.append(0, np.cumsum(negative[order]))
    apart = np.append(True, np.append(np.diff(ranked) > 0, True))  # a threshold lies between different scores
    total = max(1, int(negative.sum()))
    allowed = (lost == 0) | (_at_most(lost, fitting) <= MOST_LOST)
    merit = np.where(apart & allowed, found / total - lost / fitting, -np.inf)
    best = int(merit.argmax())
    ends = np.append(ranked[0], np.append((ranked[:-1] + ranked[1:]) / 2, np.nextafter(ranked[-1], np.inf)))
    return float(ends[best]), float(found[best] / total), int(lost[best])
