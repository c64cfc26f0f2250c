"""Several objectives and constraints: how they are written, and how trials are judged by them."""

import json
import math
from typing import Any

import pytest

from automl.api.preparation import check
from automl.components import load_catalog
from automl.config import load_experiment
from automl.errors import UserError
from automl.evaluation import find_metric
from automl.evaluation.constraint import WORST, Constraint
from automl.search.objectives import Objectives, closest, make_objectives, pareto_front
from automl.search.recording import without_winner
from automl.search.records import Report, TrialRecord, is_out_of_memory
from automl.search.runner import SearchResult

# Written by the user


def objectives(*, metric: str = "accuracy", **keys: Any) -> Objectives:
    experiment = load_experiment(flags={"trials": 9, "metric": metric, **keys})
    return make_objectives(experiment, find_metric(metric, experiment.task))


def test_constraints_and_further_objectives_are_understood() -> None:
    found = objectives(
        minimize=["latency_ms", "log_loss"], constraints=["parameters<=2e6", " auc >= 0.9", "latency_ms <= 5"]
    )
    assert found == Objectives(
        "val_accuracy",
        False,
        ("latency_ms", "log_loss"),
        (Constraint("parameters", True, 2e6), Constraint("auc", False, 0.9), Constraint("latency_ms", True, 5.0)),
    )
    assert found.directions == ["maximize", "minimize", "minimize"]
    assert [str(c) for c in found.constraints] == ["parameters <= 2,000,000", "auc >= 0.9", "latency_ms <= 5"]


def test_what_is_given_twice_counts_once() -> None:
    found = objectives(minimize=["size_mb", "size_mb"], constraints=["auc>=0.9", "auc >= 0.90"])
    assert (found.also, found.constraints) == (("size_mb",), (Constraint("auc", False, 0.9),))


@pytest.mark.parametrize(
    "text", ["latency_ms<5", "latency_ms=5", "latency_ms=<5", "latency_ms 5", "latency_ms", "", "<=5", "5>=latency ms"]
)
def test_a_constraint_with_a_wrong_operator_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(UserError, match="written FIGURE<=NUMBER or FIGURE>=NUMBER, got ") as refused:
        objectives(constraints=[text])
    assert repr(text) in refused.value.message and 'For example --constraint "latency_ms<=5"' in str(refused.value.hint)


@pytest.mark.parametrize("bound", ["", "fast", "5ms", "nan", "inf", "=5", "<=5"])
def test_a_constraint_without_a_number_says_what_it_got(bound: str) -> None:
    with pytest.raises(UserError, match=rf"(needs a number as its bound, got '{bound}'|written FIGURE<=NUMBER)"):
        objectives(constraints=[f"latency_ms<={bound}"])


@pytest.mark.parametrize(
    ("text", "near"),
    [("latency<=5", "latency_ms"), ("params<=5", "parameters"), ("aucc>=0.5", "auc"), ("rmse<=1", None)],
)
def test_a_constraint_on_an_unknown_figure_is_told_the_near_ones(text: str, near: str | None) -> None:
    with pytest.raises(UserError, match=r"Unknown figure in the constraint .* Choices: accuracy, auc,") as refused:
        objectives(constraints=[text])
    assert near is None or near in str(refused.value.hint)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "latency",
            "Unknown figure to minimize 'latency'. Choices: brier, ece, latency_ms, latency_p95_ms, log_loss, "
            "parameters, size_mb.",
        ),
        (
            "auc",
            "--minimize auc: of auc more is better. Choices: parameters, size_mb, latency_ms, latency_p95_ms,",
        ),
        ("accuracy", "--minimize accuracy: accuracy is the metric, and so the first objective already."),
    ],
)
def test_what_cannot_be_minimized_is_refused(name: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        objectives(minimize=[name])
    assert refused.value.message.startswith(said)


@pytest.mark.parametrize("key", ["minimize", "constraints"])
def test_bad_objectives_are_refused_before_the_data_is_read(key: str) -> None:
    with pytest.raises(UserError, match="nonsense"):
        check(load_experiment(flags={"trials": 9, key: ["nonsense"]}), load_catalog())


@pytest.mark.parametrize("scheduler", ["asha", "hyperband", "median"])
def test_several_objectives_and_early_stopping_are_refused(scheduler: str) -> None:
    with pytest.raises(UserError, match=f"--minimize and --scheduler {scheduler} don't go together") as refused:
        objectives(minimize=["latency_ms"], scheduler=scheduler)
    assert refused.value.hint == "Use --scheduler none, or a --constraint in place of --minimize."
    assert load_experiment(flags={"minimize": ["latency_ms"]}).chosen_scheduler == "none"
    assert load_experiment(flags={"constraints": ["latency_ms<=5"]}).chosen_scheduler == "asha"


@pytest.mark.parametrize(
    ("key", "text", "option"), [("minimize", "latency_ms", "--minimize"), ("constraints", "auc>=0.5", "--constraint")]
)
def test_cmaes_is_refused_what_it_does_not_know(key: str, text: str, option: str) -> None:
    with pytest.raises(UserError, match=f"{option} and --sampler cmaes don't go together"):
        objectives(sampler="cmaes", **{key: [text]})


# Judged


def judged(number: int, value: float | None, by: Objectives, **changes: Any) -> TrialRecord:
    record = TrialRecord(number, {"model": "mlp"}, "finished", "all epochs done", **changes)
    if value is not None:
        record.best, record.merit = {"val_accuracy": value, "val_auc": value}, (value, -1.0)
    by.judge(record)
    return record


def test_a_violation_is_a_part_of_the_bound() -> None:
    assert Constraint("latency_ms", True, 5.0).violation(7.5) == 0.5
    assert Constraint("latency_ms", True, 5.0).violation(5.0) == 0.0
    assert Constraint("auc", False, 0.8).violation(0.6) == pytest.approx(0.25)
    assert Constraint("r2", False, 0.0).violation(-2.0) == 2.0, "a bound of 0 has no part"
    assert Constraint("auc", False, 0.8).violation(math.nan) == WORST, "not defined is worst"
    assert Constraint("parameters", True, 1e-300).violation(1.0) == WORST, "finite, for the study"


def test_a_trial_that_breaks_a_constraint_beats_nothing_and_says_what_it_breaks() -> None:
    by = Objectives("val_accuracy", constraints=(Constraint("parameters", True, 2e6), Constraint("auc", False, 0.5)))
    big, small = judged(0, 0.9, by, parameters=5_000_000), judged(1, 0.6, by, parameters=1_000_000)
    assert big.broken == {"parameters 5,000,000, not <= 2,000,000": 1.5}
    assert not big.beats(None) and small.beats(None)
    assert by.violations(big) == {"parameters <= 2,000,000": 1.5, "auc >= 0.5": pytest.approx(-0.8)}


def test_what_is_not_known_breaks_nothing_but_diverging_does() -> None:
    by = Objectives("val_accuracy", constraints=(Constraint("latency_ms", True, 5.0), Constraint("auc", False, 0.5)))
    unborn = TrialRecord(0, {"model": "mlp"}, "failed", diverged=True)
    by.judge(unborn)
    assert unborn.broken == {} and by.violations(unborn) == {"trains": WORST}
    assert by.values(unborn) is None


def test_equal_values_of_the_metric_are_decided_by_the_other_objectives() -> None:
    by = Objectives("val_accuracy", also=("latency_ms",))
    slow, fast, better = (judged(n, v, by, latency_ms=ms) for n, v, ms in [(0, 0.9, 5), (1, 0.9, 2), (2, 0.91, 9)])
    fast.merit = (0.9, -2.0)
    assert fast.beats(slow) and not slow.beats(fast), "before the smooth loss"
    assert better.beats(fast), "the metric comes first"
    assert by.values(slow) == [0.9, 5.0]


def test_the_pareto_front_holds_what_nothing_dominates() -> None:
    by = Objectives("val_accuracy", also=("latency_ms",), constraints=(Constraint("parameters", True, 10),))
    points = [(0.9, 5.0), (0.9, 6.0), (0.95, 9.0), (0.8, 1.0), (0.8, 2.0), (0.9, 5.0), (0.99, math.nan), (None, 1.0)]
    trials = [judged(n, value, by, latency_ms=ms) for n, (value, ms) in enumerate(points)]
    trials.append(judged(8, 1.0, by, latency_ms=0.1, parameters=11))
    assert [record.number for record in pareto_front(trials)] == [6, 2, 0, 5, 3], "best metric first"
    single = Objectives("val_accuracy")
    assert pareto_front([judged(0, 0.9, single)]) == ()


def test_without_a_feasible_trial_the_closest_is_told() -> None:
    by = Objectives("val_accuracy", constraints=(Constraint("parameters", True, 100),))
    trials = [judged(n, 0.9, by, parameters=size) for n, size in enumerate((400, 150, 200))]
    near = closest(trials)
    assert near is trials[1]
    assert without_winner(SearchResult(tuple(trials), None, "3 trials done", False)) == (
        "No trial keeps to the constraints (3 trials done). Closest: trial 001 mlp: parameters 150, not <= 100."
    )
    assert without_winner(SearchResult((), None, "0 trials done", False)) == "No trial gave a model (0 trials done)."


def test_it_is_kept_as_json() -> None:
    by = Objectives("val_accuracy", also=("size_mb",), constraints=(Constraint("auc", False, 0.95),))
    record = judged(3, 0.9, by, size_mb=1.5, latency_ms=2.5, parameters=7, deaths=1)
    kept = json.loads(json.dumps(record.to_dict()))
    assert record.broken and TrialRecord.from_dict(3, record.configuration, kept) == record
    report = Report(1, {"val_auc": 0.5}, True, (0.5, -1.0), "running", latency_ms=2.5, size_mb=1.0)
    assert Report.from_json(report.to_json()) == report


@pytest.mark.parametrize(
    ("error", "own_fault"),
    [
        (MemoryError(), True),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ImportError("no timm"), False),
    ],
)
def test_too_little_memory_is_the_configurations_fault(error: Exception, own_fault: bool) -> None:
    assert is_out_of_memory(error) == own_fault


def test_torch_s_errors_are_known() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError) as refused:
        torch.empty(2**50)
    assert is_out_of_memory(refused.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
