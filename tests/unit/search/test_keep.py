"""Which trials keep their weights."""

from pathlib import Path

import pytest

from automl.search import keep
from automl.search.folders import predictions_of, weights_of
from automl.search.keep import Kept
from automl.search.records import TrialRecord


def ended(folder: Path, number: int, value: float | None, **changes: object) -> TrialRecord:
    """A trial that has ended, its files as its worker left them."""
    for path in (weights_of(folder, number), predictions_of(folder, number)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("...")
    known = {"merit": None if value is None else (value, -1.0), **changes}
    return TrialRecord(number, {"model": "mlp", "x": number}, "finished", **known)  # type: ignore[arg-type]


def left(folder: Path) -> list[int]:
    """The trials with weights; each has its predictions, too."""
    numbers = sorted(int(path.parent.name) for path in folder.glob("trials/*/best.safetensors"))
    assert numbers == sorted(int(path.parent.name) for path in folder.glob("trials/*/val.npy"))
    return numbers


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "COUNT", 3)


def test_the_best_keep_their_weights_and_predictions_whenever_they_came(tmp_path: Path) -> None:
    kept = Kept(tmp_path, None)
    for number, value in enumerate([0.5, 0.9, 0.4, 0.8, 0.6, 0.7]):
        kept.add(ended(tmp_path, number, value))
    assert left(tmp_path) == [1, 3, 5]


def test_the_default_keeps_them_beside_the_best(tmp_path: Path) -> None:
    kept = Kept(tmp_path, {"model": "mlp", "x": 0})
    for number, value in enumerate([0.1, 0.9, 0.4, 0.8, 0.6]):
        kept.add(ended(tmp_path, number, value))
    assert left(tmp_path) == [0, 1, 3, 4]


def test_what_can_not_win_keeps_nothing(tmp_path: Path) -> None:
    kept = Kept(tmp_path, None)
    kept.add(ended(tmp_path, 0, None))
    kept.add(ended(tmp_path, 1, 0.9, broken={"latency_ms 7, not <= 5": 0.4}))
    kept.add(ended(tmp_path, 2, float("-inf")))
    assert left(tmp_path) == []


def test_a_resumed_search_keeps_the_same(tmp_path: Path) -> None:
    records = [ended(tmp_path, number, value) for number, value in enumerate([0.5, 0.9, 0.4, 0.8, 0.6])]
    first = Kept(tmp_path, None)
    for record in records[:4]:
        first.add(record)
    second = Kept(tmp_path, None)
    for record in records:
        second.add(record)
    assert left(tmp_path) == [1, 3, 4]
