"""The best trials are combined where that is better on validation, and never where a user asked for one model."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.api.combination import combine
from automl.components import Task
from automl.evaluation import METRICS
from automl.search.folders import predictions_of, weights_of
from automl.search.records import TrialRecord

TASK = Task(kind="table-classification", num_outputs=2, input_shape=(1,), class_names=("no", "yes"))
TARGETS = np.random.default_rng(0).integers(0, 2, 300)


def trial(folder: Path, number: int, noise: float) -> TrialRecord:
    scores = TARGETS + np.random.default_rng(number).normal(0, noise, len(TARGETS))
    predicted = np.stack([1 - scores, scores], axis=1)
    weights_of(folder, number).parent.mkdir(parents=True)
    weights_of(folder, number).touch()
    np.save(predictions_of(folder, number), predicted)
    auc = METRICS["auc"].compute(predicted, TARGETS)
    return TrialRecord(number, {"model": f"net{number}"}, "finished", best={"val_auc": auc}, merit=(auc, 0.0))


def plan(folder: Path, **settings: Any) -> Any:
    wanted = {"ensemble": True, "refit": False, "constraints": (), "minimize": ()} | settings
    data = SimpleNamespace(val=SimpleNamespace(targets=TARGETS), task=TASK, members=5)
    return SimpleNamespace(folder=folder, experiment=SimpleNamespace(**wanted), data=data, metric=METRICS["auc"])


def best(trials: list[TrialRecord]) -> TrialRecord:
    return max(trials, key=lambda one: one.merit or (0, 0))


def test_trials_that_err_apart_are_combined(tmp_path: Path) -> None:
    trials = [trial(tmp_path, number, 1.0) for number in range(4)]
    found = combine(plan(tmp_path), trials, best(trials))
    assert found is not None and len(found.trials) > 1 and sum(found.shares) == pytest.approx(1)
    assert found.validation["auc"] > best(trials).best["val_auc"]
    parts = found.parts(plan(tmp_path))
    assert [part.members for part in parts] == [5] * len(parts)
    assert list(found.shares) == sorted(found.shares, reverse=True)
    assert f"{found.shares[0]:.0%} trial {found.trials[0].number} net{found.trials[0].number}" in str(found)


def test_a_winner_that_is_better_alone_stays_alone(tmp_path: Path) -> None:
    trials = [trial(tmp_path, 0, 0.05), trial(tmp_path, 1, 3.0)]
    assert combine(plan(tmp_path), trials, trials[0]) is None


def test_what_has_no_predictions_any_more_takes_no_part(tmp_path: Path) -> None:
    trials = [trial(tmp_path, number, 1.0) for number in range(3)]
    predictions_of(tmp_path, 1).unlink()
    weights_of(tmp_path, 2).unlink()
    assert combine(plan(tmp_path), trials, best(trials)) is None


@pytest.mark.parametrize(
    "settings", [{"ensemble": False}, {"refit": True}, {"constraints": ("latency_ms<=5",)}, {"minimize": ("size_mb",)}]
)
def test_one_model_is_one_model_where_that_was_asked_for(tmp_path: Path, settings: dict[str, Any]) -> None:
    trials = [trial(tmp_path, number, 1.0) for number in range(4)]
    assert combine(plan(tmp_path, **settings), trials, best(trials)) is None
