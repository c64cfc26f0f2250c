import io
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from automl.api import Outcome
from automl.cli.figures import figures_table
from automl.cli.output import duration
from automl.cli.progress import Progress
from automl.cli.summary import finish, show
from automl.config import load_experiment
from automl.evaluation import METRICS as METRICS_OF_ALL
from automl.evaluation.constraint import Constraint
from automl.evaluation.decision import Policy
from automl.evaluation.interval import Estimate
from automl.registry import Registered
from automl.search.objectives import Objectives
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
    def make(*trials: TrialRecord, interrupted: bool = False, ended_by: str = "2 trials done") -> Outcome:
        best = max((t for t in trials if t.merit), key=lambda t: t.merit or (), default=None)
        registered = Registered("images", "3", "champion", "It beats the baseline.") if best else None
        figures = (dict.fromkeys(METRICS, 0.87), dict.fromkeys(METRICS, 0.11)) if best else ({}, {})
        result = SearchResult(trials, best, ended_by, interrupted)
        made = Outcome("s-1", tmp_path / "runs", load_experiment(), result, *figures, registered, "/#/x")
        return replace(made, figures=dict.fromkeys(figures[0], Estimate(0.87, 0.8412, 0.9)), default={})

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
    assert re.search(r"metric +validation +test \[95 %\] +baseline", out)
    assert re.search(r"^ *accuracy +0\.9000 +0\.8700 \[0\.841, 0\.900\] +0\.1100", out, re.M)
    assert "Registered as images version 3, alias champion: It beats the baseline." in out
    assert f"automl ui s-1 --out {tmp_path / 'runs'}" in out
    assert "automl predict --model images@champion path/to/new/images" in out


def test_a_run_with_another_seed_its_refit_and_what_was_found_are_told(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    from automl.search.reruns import with_seed

    again = with_seed(record(1), 3)
    again.best = {f"val_{name}": 0.7777 for name in METRICS}
    refitted = dict.fromkeys(METRICS, 0.8888)
    outcome = replace(make_outcome(record(1)), run=again, refitted=refitted, notes=("Gain [x].", "Selection bias."))
    show(outcome)
    out = capsys.readouterr().out
    assert "Winner: trial 1, mlp + flip, seed 3, on the test split (read once)" in out
    assert re.search(r"metric +validation +test +refitted \[95 %\] +baseline", out)
    assert re.search(r"^ *accuracy +0\.7777 +0\.8700 +0\.8700 \[0\.841, 0\.900\]", out, re.M)
    assert "\nGain [x].\nSelection bias.\n" in out


def test_the_table_of_all_metrics_fits_into_100_columns(make_outcome: Callable[..., Outcome]) -> None:
    """Of two classes, with an ensemble beside the winner, the default and the baseline."""
    from rich.console import Console

    names = {name for name, metric in METRICS_OF_ALL.items() if metric.classification}
    trial = record(0)
    trial.best = {f"val_{name}": 0.9 for name in names}
    scores = dict.fromkeys(names, 0.87)
    figures = dict.fromkeys(names, Estimate(0.87, 0.84, 0.9))
    outcome = replace(make_outcome(trial), test=scores, combined=scores, default=scores, baseline=scores)
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(figures_table(replace(outcome, figures=figures), trial))
    shown = [line for line in console.export_text().splitlines() if "0.8700" in line]
    assert len(shown) == len(names) and all(line.split()[0] in names for line in shown), "no line is folded"


@pytest.mark.parametrize("cost", [{"fp": 1.0, "fn": 5.0}, None])
def test_decisions_are_shown_with_what_they_cost(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str], cost: dict[str, float] | None
) -> None:
    half, none = Estimate(0.5, 0.4, 0.6), Estimate(math.nan, math.nan, math.nan)
    policy = Policy("threshold 0.17", half, none, half, Estimate(0.25, 0.2, 0.3) if cost else None)
    outcome = make_outcome(record(0))
    rule = {"cost": cost} if cost else {"flag_rate": 0.1}
    show(replace(outcome, policies=(policy,), experiment=outcome.experiment.model_copy(update=rule)))
    out = capsys.readouterr().out
    what = "a cost of 1 per false alarm and 5 per miss" if cost else "a flagged share of 0.1"
    assert f"Decisions for {what}, on the test split:" in out
    assert re.search(r"threshold 0\.17 +50\.0% +- +50\.0%" + (r" +0\.2500 \[0\.200, 0\.300\]" if cost else " *\n"), out)
    assert ("cost per row" in out) == bool(cost)


def test_a_run_with_another_seed_is_no_trial_in_the_progress(capsys: pytest.CaptureFixture[str]) -> None:
    from automl.search.reruns import with_seed

    with Progress(load_experiment()) as progress:
        for trial in (record(7, 0.5), with_seed(record(7), 2)):
            trial.best, trial.merit = {"val_accuracy": 0.6}, (0.6, 0.0)
            progress.trial_started(trial)
            progress.trial_finished(trial)
    first, again = capsys.readouterr().out.splitlines()
    assert first.startswith("trial   7") and "best so far" in first
    assert again.startswith("trial   7") and again.rstrip().endswith("again, seed 2")
    assert progress._done == 1


def test_in_the_default_folder_the_commands_are_short(
    make_outcome: Callable[..., Outcome],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    show(replace(make_outcome(record(0)), home=tmp_path / "automl_runs"))
    out = capsys.readouterr().out
    assert "  automl ui s-1\n" in out and "predictions.csv\n" in out


def test_without_a_model_the_causes_are_told(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    show(make_outcome(*(record(n, None, "failed", "ImportError: no timm") for n in range(3))))
    out = capsys.readouterr().out
    assert "3 failed (trial 0, 1, 2): ImportError: no timm" in out
    assert "No trial gave a model (2 trials done)." in out
    assert "automl predict" not in out


def test_several_objectives_give_a_pareto_front_best_metric_first(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    by = Objectives("val_accuracy", also=("latency_ms", "parameters"))
    trials = [record(0, 0.8), record(1, 0.9), record(2, 0.7)]
    for trial, latency, parameters in zip(trials, (1.234, 5.0, 6.0), (900, 2_000_000, 7_000_000), strict=True):
        trial.latency_ms, trial.parameters = latency, parameters
        by.judge(trial)
    outcome = make_outcome(*trials)
    experiment = outcome.experiment.model_copy(update={"minimize": by.also})
    show(replace(outcome, experiment=experiment))
    said = capsys.readouterr().out
    front = said.partition("Pareto front, no trial is better in every one of accuracy, latency_ms, parameters:")[2]
    rows = [line.split()[:4] for line in front.splitlines() if "mlp" in line][:2]
    assert rows == [["1", "0.9000", "5", "2,000,000"], ["0", "0.8000", "1.23", "900"]], "trial 2 isn't on it"


def test_without_a_feasible_trial_the_closest_is_told(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    by = Objectives("val_accuracy", constraints=(Constraint("latency_ms", True, 5.0),))
    trials = [record(0), record(1)]
    for trial, latency in zip(trials, (9.0, 6.5), strict=True):
        trial.latency_ms = latency
        by.judge(trial)
    outcome = make_outcome(*trials)
    finished = replace(outcome, result=replace(outcome.result, best=None))
    with pytest.raises(typer.Exit) as ended:
        finish(finished)
    assert ended.value.exit_code == 1
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "No trial keeps to the constraints (2 trials done). Closest: trial 001 mlp: latency_ms 6.5, not <= 5." in said
    )


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


def test_what_all_trials_fail_for_is_told_once_while_they_run_and_once_in_the_end(
    make_outcome: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = [record(number, None, "failed", "ImportError: no timm") for number in range(3)]
    with Progress(load_experiment()) as progress:
        for trial in failed:
            progress.trial_started(trial)
            progress.trial_finished(trial)
    out = capsys.readouterr().out
    assert out.count("ImportError: no timm") == 1 and out.count("as trial 0") == 2
    show(make_outcome(*failed, ended_by="the first 3 trials all failed: ImportError: no timm"))
    assert capsys.readouterr().out.count("ImportError: no timm") == 1


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
