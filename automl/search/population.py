"""Population based training (Jaderberg et al. 2017): trials train side by side, and every few epochs the weakest go on
from the checkpoints of the strongest, with somewhat other training parameters.

All members are compared after the same epoch, and wait for each other there. So which trial goes on from which depends
neither on the number of workers nor on how fast they are; and with fewer workers than members each takes its turn. (The
paper's members don't wait: nobody idles, but weights come with another age than they are taken at.)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from automl.search.exploration import explored
from automl.search.handover import Handover
from automl.search.records import Segment, TrialRecord
from automl.search.schedulers import Pbt
from automl.space import Configuration, Space

if TYPE_CHECKING:
    from optuna import Study

ROUND = "round"
"""The study's attribute "round 0 6": in the first population, after epoch 6, trial -> its lineage from there on."""

OPENED = "population"
"""The study's attribute "population 0": how many trials there were before its members."""

WORST = (-math.inf, -math.inf)


class Population:
    """The members of one population after another: a scheduler (`decide` says when a trial is to pause) and more.

    What was decided is in the study before anybody goes on by it, so that it holds after a kill, too.

    Args:
        live: The parameters that may change in mid-training.
        seed: Of what is explored.
        default: The configuration whose trial stays as it is, for the winner to be compared with.
    """

    def __init__(
        self,
        rule: Pbt,
        study: Study,
        space: Space,
        live: Collection[str],
        *,
        handover: Handover,
        seed: int,
        default: Configuration | None = None,
    ) -> None:
        self._rule = rule
        self._study = study
        self._space = space
        self._live = live
        self._handover = handover
        self._seed = seed
        self._default = default
        known = study.user_attrs
        self._rounds: dict[str, dict[str, Any]] = {k: v for k, v in known.items() if k.startswith(f"{ROUND} ")}
        opened = [known[key] for key in known if key.startswith(f"{OPENED} ")]
        self._place = len(opened) - 1
        self._before = max(opened, default=0)
        self._seen = 0
        self._members: dict[int, TrialRecord] = {}
        self._paused: dict[int, float] = {}

    def __str__(self) -> str:
        return str(self._rule)

    @property
    def is_training(self) -> bool:
        """Whether some member has not ended."""
        return bool(self._members)

    @property
    def paused(self) -> list[TrialRecord]:
        """The members that wait for the others."""
        return [self._members[number] for number in self._paused]

    @property
    def places(self) -> int:
        """How many trials are to begin now: all members of a population begin together."""
        if not self._members:
            return self._rule.size
        begun = self._seen - self._before
        return 0 if any(member.epoch for member in self._members.values()) else self._rule.size - begun

    def open(self) -> None:
        """Before a trial begins: where all others have ended, it is the first of another population."""
        if self._place < 0 or (self._seen > self._before and not self._members):
            self._place, self._before = self._place + 1, self._seen
            self._study.set_user_attr(f"{OPENED} {self._place}", self._before)

    def recover(self, begun: Iterable[TrialRecord], ended: Iterable[TrialRecord]) -> None:
        """Takes in the trials of before a break; those that have begun by number."""
        for record in begun:
            self.begin(record)
        for record in ended:
            self.end(record)

    def begin(self, record: TrialRecord) -> None:
        """A trial has begun."""
        self._seen += 1
        if self._seen > self._before:
            self._members[record.number] = record

    def end(self, record: TrialRecord) -> None:
        """A trial has ended."""
        self._members.pop(record.number, None)
        self._paused.pop(record.number, None)

    def decide(self, number: int, epoch: int, merit: float) -> bool:
        del number, merit
        return self.is_due(epoch)

    def is_due(self, epoch: int) -> bool:
        """Whether members are to pause here."""
        return self._rule.is_due(epoch) and self._round(epoch) not in self._rounds

    def pause(self, record: TrialRecord, value: float) -> None:
        """A member has come to the end of an interval.

        Args:
            value: The metric there, signed so that higher is better.
        """
        self._paused[record.number] = value if math.isfinite(value) else -math.inf

    @property
    def is_together(self) -> bool:
        """Whether all members have come to the end of the same interval."""
        return bool(self._members) and self._paused.keys() == self._members.keys()

    def decide_round(self) -> None:
        """Which members go on from which, now that all are together; tells it to the study, once."""
        epoch = next(iter(self._members.values())).epoch
        if self._round(epoch) not in self._rounds:
            lineages = self._lineages(epoch)
            told = {str(number): [asdict(segment) for segment in lineage] for number, lineage in lineages.items()}
            self._study.set_user_attr(self._round(epoch), told)
            self._rounds[self._round(epoch)] = told

    def go_on(self) -> list[TrialRecord]:
        """All members for their next interval, once the study with what was decided is saved."""
        self._paused = {}
        for member in self._members.values():
            self.inherit(member)
        # The slowest first, so that none is left alone in the end.
        return sorted(self._members.values(), key=lambda member: member.seconds / member.epoch, reverse=True)

    def inherit(self, record: TrialRecord) -> None:
        """Gives a member what was decided for it after its present epoch, if anything was."""
        lineage = self._rounds.get(self._round(record.epoch), {}).get(str(record.number))
        if lineage:
            self._handover.complete(record.number, record.epoch)
            record.take_over(Segment(**segment) for segment in lineage)

    def _round(self, epoch: int) -> str:
        return f"{ROUND} {self._place} {epoch}"

    def _lineages(self, epoch: int) -> dict[int, tuple[Segment, ...]]:
        """Of each trial that goes on from another."""
        import numpy as np

        ranked = sorted(self._members.values(), key=self._rank, reverse=True)
        share = self._rule.share(len(ranked))
        rng = np.random.default_rng((self._seed, self._place, epoch))
        found = {}
        for heir in ranked[len(ranked) - share :]:
            donor = ranked[int(rng.integers(share))]
            configuration = explored(self._space, donor.configuration, self._live, rng)
            if configuration is None or self._stays(heir, ranked) or self._rank(donor) <= self._rank(heir):
                continue
            if self._handover.prepare(donor.number, heir.number, epoch):
                found[heir.number] = (*donor.line, Segment(epoch, heir.number, configuration))
        return found

    def _rank(self, member: TrialRecord) -> tuple[float, ...]:
        """By the metric after this epoch, whose state is handed on; equals by the best one so far."""
        return (self._paused[member.number], *(member.merit or WORST))

    def _stays(self, member: TrialRecord, members: Sequence[TrialRecord]) -> bool:
        """Whether it is trained on as it is, however weak: the default, and what may yet be the winner."""
        best = max(members, key=lambda other: other.merit or WORST)
        return member is best or (member.configuration == self._default and not member.lineage)
