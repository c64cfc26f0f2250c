"""What a version must show before it may be champion; on a store: tests/integration/registry."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.components import Task
from automl.data import ImagePreparation
from automl.errors import UserError
from automl.evaluation.gates import parse_gates, sensitivity
from automl.registry.evidence import Evidence, Rows, read_evidence, write_evidence
from automl.registry.gate import Check, Exhibit, check_gates, judge, passes, verdict
from automl.registry.history import Action, Decision, champions
from automl.registry.package import signature
from automl.registry.versions import Version, best_challenger

TARGETS = np.random.default_rng(0).integers(0, 2, 300)
TASK = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("no", "yes"))


def rows(noise: float, digest: str = "a") -> Rows:
    scores = TARGETS + noise * np.random.default_rng(1).normal(0, 1, len(TARGETS))
    return Rows(np.stack([1 - scores, scores], axis=1).astype(np.float32), TARGETS, digest)


def evidence(**known: Any) -> Evidence:
    given: dict[str, Any] = dict.fromkeys(("search", "trial", "components", "data", "data_digest"), "x")
    given |= {"test_digest": "a", "task": TASK.kind, "metric": "auc", "validation": {}}
    return Evidence(**given | {"test": {"auc": 0.9}, "test_baseline": {"auc": 0.5}} | known)


def version(number: str, noise: float, task: Task = TASK, side: int = 8, **known: Any) -> Exhibit:
    signed = signature(task, ImagePreparation(1, side, side, 255, (0.5,), (0.25,)))
    return Exhibit(number, signed, evidence(**known), rows(noise, known.get("test_digest", "a")))


def failed(candidate: Exhibit, champion: Exhibit | None) -> list[str]:
    return [check.name for check in judge(candidate, champion) if not check.passed]


def test_a_clearly_better_version_passes() -> None:
    assert failed(version("2", 0.5), version("1", 1.5)) == []


def test_each_of_what_is_missing_is_told() -> None:
    assert failed(version("2", 1.5), version("1", 0.5)) == ["champion"]
    assert failed(version("2", 0.5, test={}), None) == ["baseline"]
    assert failed(version("2", 0.5, test={"auc": 0.5}), None) == ["baseline"]
    assert failed(version("2", 0.5, gates=("test_auc>=0.95", "latency_ms<=5")), None) == [
        "test_auc >= 0.95",
        "latency_ms <= 5",
    ]
    assert failed(version("2", 0.5, side=9), version("1", 1.5)) == ["signature"]
    assert failed(version("2", 0.5, replace(TASK, class_names=("a", "b"))), version("1", 1.5)) == ["signature"]
    assert failed(version("2", 0.5, test_digest="b"), version("1", 1.5)) == ["champion"]
    assert failed(Exhibit("2", None), None) == ["evidence"]


def test_a_champion_of_which_nothing_is_kept_can_only_be_forced_out() -> None:
    checks = judge(version("2", 0.5), Exhibit("1", None))
    assert not passes(checks)
    assert "Of the champion, version 1, no test is kept" in verdict(checks)


def test_a_gate_tells_what_was_found() -> None:
    known = evidence(gates=("test_auc>=0.8", "latency_ms<=5", "size_mb<=2"), figures={"latency_ms": 7.25})
    assert [check.text for check in check_gates(known)] == [
        "Its test_auc 0.9 is >= 0.8.",
        "Its latency_ms 7.25, not <= 5.",
        "Its size_mb isn't known, which must be <= 2.",
    ]


@pytest.mark.parametrize(
    ("gate", "found"), [("test_sensitivty>=0.9", "test_sensitivity"), ("auc>=0.9", "test_auc"), ("test_auc=0.9", "<=")]
)
def test_a_gate_that_is_none_is_refused_with_what_there_is(gate: str, found: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_gates([gate], "table-classification")
    assert found in f"{refused.value.message} {refused.value.hint}"


def test_sensitivity_is_that_of_the_positives_or_of_the_class_that_is_missed_most() -> None:
    two = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    assert sensitivity(two, np.array([0, 1, 1]), None) == 0.5
    assert sensitivity(two, np.array([0, 1, 1]), 0.3) == 1
    three = np.eye(3)[[0, 1, 1, 2]]
    assert sensitivity(three, np.array([0, 1, 2, 2]), None) == 0.5
    assert np.isnan(sensitivity(three, np.array([0, 1, 1, 1]), None))


def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    known = evidence(intervals={"auc": (0.8, 0.9)}, test={"auc": 0.9, "ks": float("nan")})
    write_evidence(tmp_path / "evidence", known, rows(1.0))
    read, measured = read_evidence(tmp_path / "evidence")
    assert read.figure("test_auc") == 0.9 and read.figure("test_ks") is None
    assert measured.digest == "a" and np.array_equal(measured.predictions, rows(1.0).predictions)
    assert np.array_equal(measured.targets, TARGETS)


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("evidence.json", '{"format": 99}', "newer version"),
        ("evidence.json", "{", "damaged"),
        ("evidence.json", '{"format": 1}', "damaged"),
        ("test.safetensors", "{", "damaged"),
    ],
)
def test_evidence_that_was_changed_or_is_newer_is_refused(tmp_path: Path, file: str, text: str, found: str) -> None:
    write_evidence(tmp_path / "evidence", evidence(), rows(1.0))
    (tmp_path / "evidence" / file).write_text(text)
    with pytest.raises(UserError, match=found):
        read_evidence(tmp_path / "evidence")


def decided(*actions: tuple[Action, str, str]) -> list[Decision]:
    return [
        Decision("m", version, action, before, "", "me", place)
        for place, (action, version, before) in enumerate(actions)
    ]


def test_the_line_of_champions_forgets_what_was_rolled_back() -> None:
    first: list[tuple[Action, str, str]] = [("promoted", "1", ""), ("refused", "2", "1"), ("promoted", "3", "1")]
    assert champions(decided(*first)) == ["1", "3"]
    assert champions(decided(*first, ("rolled back", "1", "3"))) == ["1"]
    assert champions(decided(*first, ("rolled back", "1", "3"), ("forced", "4", "1"))) == ["1", "4"]
    assert champions(decided(("promoted", "5", "4"))) == ["4", "5"], "a champion of before there was a history"
    assert champions([replace(one, done=False) for one in decided(*first)]) == []


def test_a_challenger_is_compared_or_new() -> None:
    def known(number: str, value: str, test: str = "a", gate: str = "passed", metric: str = "auc") -> Version:
        return Version("m", number, (), metric, value, test, gate, "me", 0, "r")

    one, two, three, four = (
        known("1", "0.9"),
        known("2", "0.8 (0.7 to 0.9)"),
        known("3", "0.7"),
        known("4", "0.99", "b"),
    )
    assert best_challenger([one, two, three, four], one) is two
    assert best_challenger([one, two, three, four], four) is three, "none was tested as it was"
    assert best_challenger([one], one) is None
    assert best_challenger([two, three], None) is two
    assert best_challenger([known("1", "0.5", metric="rmse"), known("2", "0.6", metric="rmse")], None).number == "1"  # type: ignore[union-attr]
    assert best_challenger([one, known("5", "0.9", gate="Its ece ..."), three], one) is three


def test_a_check_is_told_by_what_failed() -> None:
    checks = (Check("baseline", True, "Good."), Check("champion", False, "Worse."), Check("signature", True, "Same."))
    assert verdict(checks) == "Worse."
    assert verdict(checks[:1]) == "Good."
