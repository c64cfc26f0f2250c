from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.api import Outcome
from automl.cli.output import duration
from automl.cli.progress import Progress
from automl.cli.summary import show
from automl.config import load_experiment
from automl.registry import Registered
from automl.search.records import TrialRecord
from automl.search.runner import SearchResult

METRICS = ("accuracy", "balanced_accuracy", "auc", "f1_macro", "log_loss")


def record(number: int, value: float | None = 0.9, status: Any = "finished", reason: str = "") -> TrialRecord:
    made = TrialRecord(number, {"model": "mlp", "augmentation.flip": True, "training.lr": 0.01})
    made.status, made.reason, made.seconds, made.epoch = status, reason or "all epochs done", 3.0, 5
    if value is not None:
        made.best = {f"val_{name}": value for name in METRICS}
        made.merit, made.best_epoch = (value, -0.1), 4
    return made


@pytest.fixture
def make_outcome(tmp_path: Path) -> Callable[..., Outcome]:
    def make(*trials: TrialRecord, interrupted: bool = False) -> Outcome:
        best = max((t for t in trials if t.merit), key=lambda t: t.merit or (), default=None)
        registered = Registered("images", "3", "champion", "It beats the baseline.") if best else None
        figures = (dict.fromkeys(METRICS, 0.87), dict.fromkeys(METRICS, 0.11)) if best else ({}, {})
        result = SearchResult(trials, best, "2 trials done", interrupted)
        return Outcome("s-1", tmp_path / "runs", load_experiment(), result, *figures, registered, "/#/x")

    return make


def test_the_end_tells_the_trials_the_test_and_what_to_type(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    show(make_outcome(record(0, 0.8), record(1, 0.9), record(2, None, "failed", "ValueError: no")))
    out = capsys.readouterr().out
    assert "Best of 3 trials by accuracy on validation (2 trials done)" in out
    assert out.index("0.9000") < out.index("0.8000"), "best first"
    assert "mlp + flip" in out and "4 of 5" in out
    assert "1 failed (trial 2): ValueError: no" in out
    assert "Winner: trial 1, mlp + flip, on the test split (read once)" in out
    assert "0.8700" in out and "0.1100" in out and "trivial baseline" in out
    assert "Registered as images version 3, alias champion: It beats the baseline." in out
    assert f"automl ui --out {tmp_path / 'runs'}" in out
    assert "automl predict --model images@champion path/to/new/images" in out


def test_in_the_default_folder_the_commands_are_short(
    make_outcome: Callable[..., Outcome],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dataclasses import replace

    monkeypatch.chdir(tmp_path)
    show(replace(make_outcome(record(0)), home=tmp_path / "automl_runs"))
    out = capsys.readouterr().out
    assert "  automl ui\n" in out and "predictions.csv\n" in out


def test_without_a_model_the_causes_are_told(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    show(make_outcome(*(record(n, None, "failed", "ImportError: no timm") for n in range(3))))
    out = capsys.readouterr().out
    assert "3 failed (trial 0, 1, 2): ImportError: no timm" in out
    assert "No trial gave a model (2 trials done)." in out
    assert "automl predict" not in out


def test_an_interrupted_search_says_so(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    show(make_outcome(record(0), interrupted=True))
    assert "Interrupted" in capsys.readouterr().out


@pytest.mark.parametrize("reason", ["ValueError: shape [/2, 3] [red]", "[/bold]", "[link=x]"])
def test_causes_are_shown_as_they_are(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    """A trial may fail after a good epoch, with square brackets in its cause."""
    show(make_outcome(record(0, 0.5, "failed", reason)))
    assert capsys.readouterr().out.count(reason) == 2
    with Progress(load_experiment()) as progress:
        failed = record(0, None, "failed", reason)
        progress.trial_started(failed)
        progress.trial_finished(failed)
    assert reason in capsys.readouterr().out


def test_a_line_per_trial_marks_the_best_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(load_experiment()) as progress:
        for trial in (record(0, 0.5), record(1, 0.4), record(2, 0.6), record(3, None, "failed", "OutOfMemory: no")):
            progress.trial_started(trial)
            progress.trial_finished(trial)
    lines = capsys.readouterr().out.splitlines()
    assert ["best so far" in line for line in lines] == [True, False, True, False]
    assert "accuracy 0.5000" in lines[0] and "epoch  4 of  5" in lines[0]
    assert lines[3].endswith("failed:  OutOfMemory: no") or lines[3].endswith("failed: OutOfMemory: no")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (8.24, "8.2 s"), (59.4, "59 s"), (59.7, "1 m 00 s"), (185, "3 m 05 s"), (4800, "1 h 20 m")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
