"""The gate before champion: what a version must show, checked by what is kept of it and of the present champion."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automl.evaluation import METRICS
from automl.evaluation.gates import parse_gates
from automl.evaluation.interval import gain
from automl.registry.evidence import Evidence, Rows

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.types import Schema

PASSED = "passed"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What, in a word or two.
        text: What was found, in a sentence.
    """

    name: str
    passed: bool
    text: str


@dataclass(frozen=True)
class Exhibit:
    """A version as the gate sees it.

    Args:
        version: Its number.
        evidence, rows: None where none is kept: an earlier automl, or someone else, has registered it.
    """

    version: str
    signature: ModelSignature | None
    evidence: Evidence | None = None
    rows: Rows | None = None


def judge(candidate: Exhibit, champion: Exhibit | None) -> tuple[Check, ...]:
    """All checks of a version that is to be champion."""
    if candidate.evidence is None or candidate.rows is None:
        return (Check("evidence", False, f"Of version {candidate.version} no test is kept to judge it by."),)
    checks = [_beats_baseline(candidate.evidence), *check_gates(candidate.evidence)]
    if champion is None:
        return (*checks, Check("champion", True, "There was no champion."))
    return (*checks, _beats_champion(candidate.evidence, candidate.rows, champion), _fits(candidate, champion))


def check_gates(evidence: Evidence) -> tuple[Check, ...]:
    """Those of its experiment: they hang on nothing but the version itself."""
    checks = []
    for gate in parse_gates(evidence.gates, evidence.task):
        value = evidence.figure(gate.figure)
        if value is None:
            checks.append(Check(str(gate), False, f"Its {gate.figure} isn't known, which must be {gate.rule}."))
        else:
            broken = gate.broken_by(value)
            kept = f"Its {gate.figure} {value:,.4g} is {gate.rule}."
            checks.append(Check(str(gate), not broken, f"Its {broken}." if broken else kept))
    return tuple(checks)


def passes(checks: Iterable[Check]) -> bool:
    return all(check.passed for check in checks)


def verdict(checks: Iterable[Check]) -> str:
    """In a sentence or more: why it isn't passed; where it is, what decided."""
    checks = tuple(checks)
    told = [check for check in checks if not check.passed] or [c for c in checks if c.name in ("baseline", "champion")]
    return " ".join(check.text for check in told)


def _beats_baseline(evidence: Evidence) -> Check:
    name = evidence.metric
    value, trivial = evidence.test.get(name, math.nan), evidence.test_baseline.get(name, math.nan)
    if not math.isfinite(value):
        return Check("baseline", False, f"Its {name} isn't defined on test.")
    better = not math.isfinite(trivial) or METRICS[name].better(value, trivial)
    verb = "beats" if better else "doesn't beat"
    return Check("baseline", better, f"{name} {value:.4g} on test {verb} the trivial baseline's {trivial:.4g}.")


def _beats_champion(evidence: Evidence, rows: Rows, champion: Exhibit) -> Check:
    """A paired bootstrap over the test rows, see `automl.evaluation.interval.gain`."""
    theirs, what = champion.rows, f"the champion, version {champion.version}"
    if theirs is None:
        return Check("champion", False, f"Of {what}, no test is kept: they can't be compared.")
    if theirs.digest != rows.digest or theirs.predictions.shape != rows.predictions.shape:
        return Check("champion", False, f"No comparison without --data: {what}, was tested on other rows.")
    found = gain(METRICS[evidence.metric], rows.predictions, theirs.predictions, rows.targets, seed=0)
    if found is None:
        return Check("champion", False, f"{evidence.metric} isn't defined on these rows: no comparison with {what}.")
    better = found.low > 0
    verb = "Beats" if better else "Isn't clearly better than"
    sign = "+" if found.value >= 0 else ""
    return Check(
        "champion", better, f"{verb} {what}, on the same {len(rows.targets):,} rows: {evidence.metric} {sign}{found}."
    )


def _fits(candidate: Exhibit, champion: Exhibit) -> Check:
    """Whether whoever calls the champion can call the newcomer, and read its answer."""
    ours, theirs = candidate.signature, champion.signature
    if ours is None or theirs is None:
        return Check("signature", ours is theirs, "One of both has no signature.")
    reasons = [*_unserved(ours.inputs, theirs.inputs), *_changed(ours.outputs, theirs.outputs)]
    if reasons:
        return Check("signature", False, f"It doesn't fit where the champion is called: {'; '.join(reasons)}.")
    return Check("signature", True, "It is called as the champion is, and answers alike.")


def _unserved(ours: Schema, theirs: Schema) -> list[str]:
    """What it needs that the champion's callers don't give."""
    if ours.is_tensor_spec() or theirs.is_tensor_spec():
        return [] if ours == theirs else [f"it takes {ours}, not {theirs}"]
    missing = sorted(set(ours.input_names()) - set(theirs.input_names()))
    return [f"it needs the columns {', '.join(missing[:5])}"] if missing else []


def _changed(ours: Schema, theirs: Schema) -> list[str]:
    if ours == theirs:
        return []
    return [f"it gives {', '.join(ours.input_names()[:5])}, not {', '.join(theirs.input_names()[:5])}"]
