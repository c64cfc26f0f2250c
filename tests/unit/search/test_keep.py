"""Which trials keep their weights."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from automl.search import keep
from automl.search.folders import predictions_of, weights_of
from automl.search.keep import Kept, bytes_written, share_of
from automl.search.records import INTERRUPTED, TrialRecord
from automl.search.reruns import with_seed

DEFAULT = {"model": "mlp", "x": 0}
SIZE = 1000
"""Of a trial's weights and predictions together."""


def trial(number: int, value: float | None, **known: object) -> TrialRecord:
    merit = None if value is None else (value, -1.0)
    return TrialRecord(number, {"model": "mlp", "x": number}, merit=merit, **known)  # type: ignore[arg-type]


class Search:
    """Trials that write their files and end."""

    def __init__(self, folder: Path, cap: int | None = None) -> None:
        self.folder = folder
        self.kept = Kept(folder, DEFAULT, cap)

    def write(self, number: int, below: str = "") -> None:
        for path in (weights_of(self.folder / below, number), predictions_of(self.folder / below, number)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(SIZE // 2))

    def run(self, number: int, value: float | None, **known: object) -> None:
        self.write(number)
        self.kept.trial_finished(trial(number, value, **known))

    @property
    def left(self) -> list[int]:
        """The trials with weights; each has its predictions, too."""
        numbers = sorted(int(path.parent.name) for path in self.folder.glob("trials/*/best.safetensors"))
        assert numbers == sorted(int(path.parent.name) for path in self.folder.glob("trials/*/val.npy"))
        return numbers


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "COUNT", 3)


@pytest.mark.usefixtures("three")
def test_the_best_keep_their_weights_and_predictions_whenever_they_came(tmp_path: Path) -> None:
    search = Search(tmp_path)
    for number, value in enumerate([0.5, 0.9, 0.4, 0.8, 0.6, 0.7], start=1):
        search.run(number, value)
    assert search.left == [2, 4, 6]


@pytest.mark.usefixtures("three")
def test_the_default_keeps_them_beside_the_best(tmp_path: Path) -> None:
    search = Search(tmp_path)
    for number, value in enumerate([0.1, 0.9, 0.4, 0.8, 0.6]):
        search.run(number, value)
    assert search.left == [0, 1, 3, 4]


def test_what_can_not_win_keeps_nothing(tmp_path: Path) -> None:
    search = Search(tmp_path)
    search.run(1, None)
    search.run(2, 0.9, broken={"latency_ms 7, not <= 5": 0.4})
    search.run(3, float("-inf"))
    assert search.left == []


@pytest.mark.usefixtures("three")
def test_a_trial_that_runs_or_was_interrupted_keeps_them(tmp_path: Path) -> None:
    search = Search(tmp_path)
    search.write(9)
    search.run(8, 0.1, reason=INTERRUPTED)
    for number in (1, 2, 3, 4):
        search.run(number, 0.5 + 0.1 * number)
    assert search.left == [2, 3, 4, 8, 9]


@pytest.mark.usefixtures("three")
def test_a_resumed_search_keeps_the_same(tmp_path: Path) -> None:
    first = Search(tmp_path)
    values = [0.5, 0.9, 0.4, 0.8]
    for number, value in enumerate(values, start=1):
        first.run(number, value)
    second = Search(tmp_path)
    for number, value in enumerate(values, start=1):
        second.kept.trial_recovered(trial(number, value))
    assert second.left == [1, 2, 4]
    second.run(5, 0.6)
    assert second.left == [2, 4, 5]


def test_without_a_cap_losers_take_no_more_than_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimpleNamespace(free=10 * SIZE)
    monkeypatch.setattr("shutil.disk_usage", lambda _: disk)
    search = Search(tmp_path)
    for number, value in enumerate([0.1, 0.9, 0.4, 0.8, 0.6]):
        search.run(number, value)
    assert search.left == [0, 1, 2, 3, 4]
    disk.free = 2 * SIZE  # somebody else fills the disk
    search.run(5, 0.5)
    assert search.left == [0, 1, 3, 4]
    disk.free = 0
    search.run(6, 0.95)
    assert search.left == [0, 6], "the best and the default always stay"


def test_under_a_cap_losers_go_first_the_worst_of_them_first(tmp_path: Path) -> None:
    # Half of it is for what runs. The best, its copy and the default's, the default itself: four; two losers.
    search = Search(tmp_path, cap=2 * 6 * SIZE)
    for number, value in enumerate([0.1, 0.9, 0.4, 0.8, 0.6]):
        search.run(number, value)
    assert search.left == [0, 1, 3, 4]
    search.run(5, 0.95)
    assert search.left == [0, 1, 3, 5]
    (tmp_path / "study.journal").write_bytes(bytes(SIZE + 1))
    search.run(6, 0.2)
    assert search.left == [0, 5], "the study counts, too"


def test_the_best_stays_however_small_the_cap_is(tmp_path: Path) -> None:
    search = Search(tmp_path, cap=1)
    for number, value in enumerate([0.1, 0.9, 0.4]):
        search.run(number, value)
    assert search.left == [0, 1]


def test_a_resumed_search_counts_what_it_had_written(tmp_path: Path) -> None:
    first = Search(tmp_path, cap=100 * SIZE)
    for number in range(4):
        first.run(number, 0.1 * number)
        (tmp_path / "trials" / f"{number:04d}" / "reports.jsonl").write_bytes(bytes(SIZE // 4))
    assert first.left == [0, 1, 2, 3]
    second = Search(tmp_path, cap=2 * 6 * SIZE)
    for number in range(4):
        second.kept.trial_recovered(trial(number, 0.1 * number))
    assert second.left == [0, 2, 3]


def test_runs_with_other_seeds_count_and_are_no_losers(tmp_path: Path) -> None:
    search = Search(tmp_path, cap=2 * 6 * SIZE)
    for number in range(4):
        search.run(number, 0.1 * number)
    again = with_seed(trial(3, 0.3), 2)
    search.write(again.number, "confirmed")
    search.kept.trial_finished(again)
    assert search.left == [0, 2, 3]
    assert len(list(tmp_path.glob("confirmed/trials/*/best.safetensors"))) == 1


def test_room_is_made_for_what_follows_the_trials(tmp_path: Path) -> None:
    search = Search(tmp_path, cap=2 * 6 * SIZE)
    for number in range(4):
        search.run(number, 0.1 * number)
    assert search.kept.make_room(7 * SIZE) == 0
    assert search.left == [0, 2, 3]
    assert search.kept.make_room(9 * SIZE) == SIZE, "what is missing"
    assert search.left == [0, 3]


def test_what_stays_and_what_runs_fit_under_any_cap_that_a_trial_fits_under() -> None:
    """The best, the default, their copies and three runs with other seeds: no more than a trial takes while it runs."""
    assert 7 * 1e6 <= bytes_written(1.0) <= share_of(2 * bytes_written(1.0), trials=1)
    assert share_of(20_000_000_000, trials=4) == 2_500_000_000
    assert bytes_written(1.0, predictions=500) - bytes_written(1.0) == 1000, "one file beside the one that it replaces"
