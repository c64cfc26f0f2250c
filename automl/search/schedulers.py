"""Which trials are stopped early. Rules over (trial's number, epoch, merit), so that a resumed search refills them by
replaying what its study holds, and a simulated search decides as a real one does."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from automl.training.fidelity import REDUCTION, rungs

ENOUGH = 4
"""Curves that a median is taken of, at least."""

QUARTER = 4
"""Of a population, a quarter goes on from the best quarter; so it has so many members, at least."""

POPULATION = 8
"""Its members where nothing says how many."""

MOST_MEMBERS = 32
"""More wait too long for each other."""

ROUNDS = 10
"""So often a population is compared, about."""


class Scheduler(Protocol):
    """Is told every epoch of every trial, in the order in which they were done."""

    def decide(self, number: int, epoch: int, merit: float) -> bool:
        """Whether to stop the trial.

        Args:
            epoch: Epochs done, from 1.
            merit: The best value of the metric so far, signed so that higher is better.
        """
        ...

    def __str__(self) -> str:
        """For a person: the rule with its figures."""
        ...


class Unhurried:
    """Lets every trial finish."""

    def decide(self, number: int, epoch: int, merit: float) -> bool:
        del number, epoch, merit
        return False

    def __str__(self) -> str:
        return "none"


@dataclass
class Rung:
    """The trials that have come to a rung, their merits in order: thousands may."""

    numbers: set[int] = field(default_factory=set)
    merits: list[float] = field(default_factory=list)

    def enter(self, number: int, merit: float) -> bool:
        """Notes a trial; whether it isn't among the best of those that came before it."""
        is_left = bool(self.merits) and merit < _quantile(self.merits, 1 - 1 / REDUCTION)
        self.numbers.add(number)
        insort(self.merits, merit)
        return is_left


def _quantile(ascending: Sequence[float], part: float) -> float:
    """As numpy's, which would sort anew."""
    between, place = math.modf(part * (len(ascending) - 1))
    low = ascending[int(place)]
    high = ascending[int(place) + 1] if between else low
    return low + (high - low) * between if high > low else low


@dataclass
class Asha:
    """Asynchronous successive halving (Li et al. 2020), stopping form: at each rung a trial goes on if it is among the
    best 1/`REDUCTION` of those that came there before it.

    Args:
        rungs: Epochs at which it decides, ascending.
    """

    rungs: tuple[int, ...]
    _reached: dict[int, Rung] = field(default_factory=dict)

    def decide(self, number: int, epoch: int, merit: float) -> bool:
        # The highest rung that was reached and not yet taken: a resumed trial may come to several at once.
        for rung in reversed(self.rungs):
            reached = self._reached.setdefault(rung, Rung())
            if epoch >= rung and number not in reached.numbers:
                return reached.enter(number, merit)
        return False

    def __str__(self) -> str:
        return f"asha at epoch {', '.join(map(str, self.rungs))}"


@dataclass
class Hyperband:
    """Asynchronous HyperBand (Li et al. 2018, 2020): brackets of `Asha` that begin to decide at different epochs, so
    that what starts slowly gets its chance, too. A trial's number says which bracket it is in."""

    brackets: tuple[Asha, ...]
    shares: tuple[int, ...]

    def decide(self, number: int, epoch: int, merit: float) -> bool:
        return self._of(number).decide(number, epoch, merit)

    def _of(self, number: int) -> Asha:
        place = number % sum(self.shares)
        for bracket, share in zip(self.brackets, self.shares, strict=True):
            if place < share:
                return bracket
            place -= share
        raise AssertionError("the shares add up")

    def __str__(self) -> str:
        return "hyperband: " + "; ".join(
            f"{share} of {sum(self.shares)} {bracket if bracket.rungs else 'to the end'}"
            for bracket, share in zip(self.brackets, self.shares, strict=True)
        )


@dataclass
class MedianStopping:
    """The median rule (Golovin et al. 2017, Google Vizier): stops a trial whose best value is below the median of the
    other trials' mean values up to the same epoch.

    Args:
        grace: Epochs before the first decision.
    """

    grace: int
    _sums: dict[int, float] = field(default_factory=dict)
    _means: dict[int, list[float]] = field(default_factory=dict)

    def decide(self, number: int, epoch: int, merit: float) -> bool:
        self._sums[number] = self._sums.get(number, 0.0) + merit
        others = self._means.setdefault(epoch, [])  # ascending
        is_below = epoch >= self.grace and len(others) >= ENOUGH and merit < _quantile(others, 0.5)
        insort(others, self._sums[number] / epoch)
        return is_below

    def __str__(self) -> str:
        return f"median from epoch {self.grace}"


@dataclass(frozen=True)
class Pbt:
    """The rhythm of population based training, see `population`.

    Args:
        size: Trials that train side by side.
        interval: Epochs after which they are compared again; for the first time after two of these.
    """

    size: int
    interval: int

    def decide(self, number: int, epoch: int, merit: float) -> bool:
        del number, merit
        return self.is_due(epoch)

    def is_due(self, epoch: int) -> bool:
        """Whether trials pause here, for the others to come there."""
        return epoch % self.interval == 0 and epoch > self.interval

    def share(self, members: int) -> int:
        """How many of so many go on from others, at most, and how many they choose from."""
        return members // QUARTER

    def __str__(self) -> str:
        often, share = "epoch" if self.interval == 1 else f"{self.interval} epochs", self.share(self.size)
        who = f"weakest {share} go on from the strongest {share}" if share > 1 else "weakest goes on from the strongest"
        return f"pbt: {self.size} side by side, from epoch {2 * self.interval} on every {often} the {who}"


def population_size(trials: int | None, workers: int) -> int:
    """How many trials `pbt` trains side by side where nobody says it: all, in even parts where they are many."""
    if trials is None:
        return max(POPULATION, workers)
    return math.ceil(trials / math.ceil(trials / MOST_MEMBERS))


def make_scheduler(name: str, epochs: int, population: int | None = None) -> Scheduler:
    """The rule called `name` (see `automl.config.SCHEDULERS`) for trials of at most `epochs` epochs.

    Args:
        population: How many trials `pbt` trains side by side.
    """
    if name == "pbt":
        return Pbt(population or POPULATION, max(1, round(epochs / ROUNDS)))
    marks = rungs(epochs)
    if name == "none" or not marks:
        return Unhurried()
    if name == "asha":
        return Asha(marks)
    if name == "median":
        return MedianStopping(marks[0])
    assert name == "hyperband", name
    # HyperBand spends equally on each bracket; one that stops nobody before the last third costs the more a trial.
    brackets = tuple(Asha(marks[skipped:]) for skipped in range(len(marks) + 1))
    return Hyperband(brackets, tuple(REDUCTION ** (len(marks) - skipped) for skipped in range(len(marks) + 1)))


def replay(scheduler: Scheduler, curves: Iterable[tuple[int, int, float]]) -> None:
    """Tells a fresh rule what (trial's number, epoch, merit) came before a search was interrupted."""
    for number, epoch, merit in curves:
        scheduler.decide(number, epoch, merit)
