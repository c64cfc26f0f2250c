"""A search as a page and as a table, for people."""

import csv
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest

from automl.evaluation import METRICS
from automl.report import write_leaderboard, write_report
from automl.report.importance import FEWEST, importance_of
from automl.search.folders import add_report
from automl.search.records import Report, TrialRecord

SCRIPT = "<script>alert(1)</script>"


def record(number: int, value: float | None, reason: str = "all epochs done") -> TrialRecord:
    made = TrialRecord(number, {"model": "mlp", "training.lr": 0.01 * (number + 1)}, "finished", reason, seconds=3.0)
    if value is None:
        made.status = "failed"
    else:
        made.best, made.merit, made.epoch, made.best_epoch = {"val_auc": value}, (value, 0.0), 2, 2
    return made


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("automl.report.page.importance", lambda plan: {"training.lr": 0.7, "model": 0.3})
    return SimpleNamespace(folder=tmp_path, metric=METRICS["auc"])


def test_the_page_shows_what_won_all_trials_and_figures(plan: Any) -> None:
    trials = [record(0, 0.8), record(1, 0.9), record(2, None, "ValueError: no")]
    for number in (0, 1):
        for epoch in (1, 2):
            metrics = {"val_auc": 0.5 + epoch / 10}
            add_report(plan.folder, number, Report(epoch, metrics, True, None, "running"))
    table = [("metric", "test"), ("auc", 0.88), ("ece", float("nan"))]
    file = plan.folder / "report.html"
    write_report(file, plan, trials, trials[1], paragraphs=["It won."], table=table, command="automl search")
    page = file.read_text("utf-8")
    assert "<p>It won.</p>" in page and "<code>automl search</code>" in page
    assert page.index("001 mlp") < page.index("000 mlp") < page.index("002 mlp"), "best first"
    assert re.search(r"<tr class=winner><td>001 mlp</td><td class=\"number\">0.9</td>", page)
    assert "ValueError: no" in page and '<td>ece</td><td class="number">-</td>' in page
    assert page.count("<svg") == 4 and "training.lr</text>" in page
    assert not re.search(r"(src|href)=\"?http", page), "it needs nothing else"


def test_script_in_names_is_shown_as_text(plan: Any) -> None:
    trial = record(0, 0.8, SCRIPT)
    trial.configuration["model"] = SCRIPT
    add_report(plan.folder, 0, Report(1, {"val_auc": 0.5}, True, None, "running"))
    add_report(plan.folder, 0, Report(2, {"val_auc": 0.6}, True, None, "running"))
    file = plan.folder / "report.html"
    write_report(file, plan, [trial], trial, paragraphs=[SCRIPT], table=[(SCRIPT,)], command=SCRIPT)
    page = file.read_text("utf-8")
    assert "<script" not in page and page.count("&lt;script&gt;") >= 5
    assert "default-src 'none'" in page


def test_a_search_without_a_model_has_a_page_without_figures(plan: Any) -> None:
    file = plan.folder / "report.html"
    write_report(file, plan, [record(0, None, "out of memory")], None, paragraphs=["None."], command="automl search")
    assert "out of memory" in file.read_text("utf-8") and "<svg" not in file.read_text("utf-8")


def test_the_leaderboard_is_a_table_of_all_trials_with_their_parameters(tmp_path: Path) -> None:
    trials = [record(0, 0.8), record(1, 0.9), record(2, None, "ValueError, no")]
    write_leaderboard(tmp_path / "leaderboard.csv", trials)
    rows = list(csv.DictReader((tmp_path / "leaderboard.csv").open(encoding="utf-8")))
    assert [(row["rank"], row["trial"], row["val_auc"]) for row in rows] == [
        ("1", "001 mlp", "0.9"),
        ("2", "000 mlp", "0.8"),
        ("", "002 mlp", ""),
    ]
    assert rows[0]["training.lr"] == "0.02" and rows[2]["why"] == "ValueError, no"


def test_what_mattered_is_told_from_ten_finished_trials_on() -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        if trial.suggest_categorical("model", ["a", "b"]) == "b":
            trial.suggest_float("model.b.width", 0, 1)
        trial.suggest_float("nothing", 0, 1)
        return -abs(trial.suggest_float("training.lr", 0, 1) - 0.3)

    study.optimize(objective, n_trials=FEWEST - 1)
    assert importance_of(study.trials, minimize=False) == {}
    study.optimize(objective, n_trials=60)
    found = importance_of(study.trials, minimize=False)
    assert next(iter(found)) == "training.lr" and set(found) == {"training.lr", "nothing", "model"}
    assert sum(found.values()) == pytest.approx(1)
