"""A search of a frame from Python: how groups are treated, who predicts raw rows and how, and more of it."""

import csv
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.api import Outcome, predict, predict_blocks, resume_search
from automl.data.table import delimited
from automl.errors import Notice, UserError
from automl.tracking import open_store

if TYPE_CHECKING:
    from mlflow.entities import Run

pytestmark = pytest.mark.integration

WithoutRay = Callable[[], AbstractContextManager[None]]
REFERENCE = "finance@champion"


def loans(count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    income = np.exp(rng.normal(8, 0.6, count)).round(2)
    late = rng.random(count) < 1 / (1 + np.exp((income - 3_000) / 600))
    return pd.DataFrame(
        {
            "loan": [f"L-{number}" for number in rng.permutation(count)],
            "income": np.where(rng.random(count) < 0.1, np.nan, income),
            "purpose": rng.choice(["car", "home", "travel"], count),
            "issued": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, count), "D"),
            "sex": rng.choice(["f", "m"], count),
            "age": rng.integers(20, 70, count),
            "default": np.where(late, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, without_ray: WithoutRay) -> Outcome:
    with without_ray():
        return automl.search(
            loans(),
            out=tmp_path_factory.mktemp("tables") / "runs",
            say=lambda line: None,
            domain="finance",
            target="default",
            protected="sex,age",
            cost="fp=1,fn=5",
            folds=0,
            trials=2,
            space={"model": ["logistic_regression"]},
        )


@pytest.fixture(scope="module")
def winner(outcome: Outcome) -> "Run":
    client = open_store(outcome.home).client()
    (experiment,) = (found for found in client.search_experiments() if found.name == "finance")
    (run,) = client.search_runs([experiment.experiment_id], "tags.`automl.winner` = 'true'")
    return run


@pytest.fixture(scope="module")
def files(outcome: Outcome, winner: "Run", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What MLflow has of the winner's run, fetched from there."""
    client = open_store(outcome.home).client()
    return Path(client.download_artifacts(winner.info.run_id, "evaluation", str(tmp_path_factory.mktemp("files"))))


def test_the_winners_run_has_its_curve_gains_and_groups(outcome: Outcome, files: Path) -> None:
    assert {path.name for path in files.iterdir()} == {"reliability.png", "gains.csv", "groups.csv", "test.json"}
    assert (files / "reliability.png").read_bytes().startswith(b"\x89PNG")
    gains = list(csv.DictReader((files / "gains.csv").open()))
    assert [row["number"] for row in gains] == [str(number) for number in range(1, 11)]
    assert sum(int(row["rows"]) for row in gains) == 80
    assert float(gains[-1]["captured"]) == 1


def test_every_protected_column_is_compared(outcome: Outcome, files: Path) -> None:
    groups = list(csv.DictReader((files / "groups.csv").open()))
    assert {row["column"] for row in groups} == {"sex", "age"}
    sexes = {row["name"]: int(row["rows"]) for row in groups if row["column"] == "sex"}
    assert set(sexes) == {"f", "m"} and sum(sexes.values()) == 80
    assert [found.column for found in outcome.groups] == ["sex", "age"]


def test_all_figures_are_in_one_file_with_their_intervals(outcome: Outcome, files: Path) -> None:
    test = json.loads((files / "test.json").read_text())
    auc = test["registered"]["auc"]
    assert auc["low"] <= auc["value"] <= auc["high"]
    assert auc["value"] == pytest.approx(outcome.figures["auc"].value)
    assert test["baseline"]["auc"] == 0.5
    assert 0 < test["threshold"] < 0.5, "a missed one costs five times as much"
    assert {found["column"] for found in test["groups"]} == {"sex", "age"}


def test_figures_stand_beside_those_of_the_default_and_the_baseline(outcome: Outcome, winner: "Run") -> None:
    metrics = winner.data.metrics
    assert metrics["interval/test_auc_low"] <= metrics["test_auc"] <= metrics["interval/test_auc_high"]
    assert metrics["baseline/test_auc"] == 0.5
    assert metrics["default/test_auc"] == pytest.approx(outcome.default["auc"])


def test_the_page_of_the_version_says_how_groups_are_treated(outcome: Outcome) -> None:
    page = open_store(outcome.home).client().get_model_version("finance", "1").description.replace("&emsp;", "")
    assert "| metric | validation | baseline | test | 95 % interval | default on test | baseline on test |" in page
    assert "Groups by sex: predicted yes, adverse impact ratio " in page
    assert "Curve, gains and groups: the folder evaluation of the source run." in page


def test_mlflow_loads_a_model_that_takes_raw_rows(outcome: Outcome, without_ray: WithoutRay) -> None:
    import mlflow

    open_store(outcome.home).client()
    raw = loans().drop(columns="default").head(20)
    model = mlflow.pyfunc.load_model(f"models:/{REFERENCE}")

    assert model.metadata.get_input_schema().input_names() == ["income", "purpose", "issued", "sex", "age"]
    assert model.metadata.get_output_schema().input_names() == ["prediction", "p_no", "p_yes"]
    predicted = model.predict(raw)
    np.testing.assert_allclose(predicted["p_yes"], automl.load(REFERENCE, home=outcome.home).predict(raw)[:, 1])
    texts = raw.astype({"income": "str"}).assign(issued=raw["issued"].dt.strftime("%Y-%m-%d"))
    pd.testing.assert_frame_equal(model.predict(texts), predicted)
    with pytest.raises(mlflow.MlflowException, match=r"missing inputs.*income"):
        model.predict(raw.drop(columns="income"))


def test_a_file_is_predicted_block_by_block_as_it_is_at_once(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.csv"
    loans().drop(columns="default").to_csv(path, index=False)
    at_once = predict(REFERENCE, path, home=outcome.home)
    monkeypatch.setattr(delimited, "BLOCK", 4_000)

    blocks = list(predict_blocks(REFERENCE, path, home=outcome.home))

    assert len(blocks) > 3
    pd.testing.assert_frame_equal(pd.concat(blocks, ignore_index=True), at_once)
    assert at_once["id"].tolist() == loans()["loan"].tolist()


def test_words_among_numbers_are_said_or_refused(outcome: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    rows = loans().astype({"income": object})
    rows.loc[[3, 5], "income"] = "plenty"
    rows.to_csv(path, index=False)
    said = re.escape("Cells of words.csv that can't be read count as missing: 2 of income (no number, e.g. plenty).")
    with pytest.warns(Notice, match=said):
        assert len(predict(REFERENCE, path, home=outcome.home)) == 400
    with pytest.warns(Notice, match="2 of income"):
        automl.load(REFERENCE, home=outcome.home).predict(rows)
    rows.assign(income="plenty").to_csv(path, index=False)
    with pytest.raises(UserError, match="income is numeric in training"):
        predict(REFERENCE, path, home=outcome.home)


def test_a_search_of_a_frame_finds_its_rows_again(outcome: Outcome, without_ray: WithoutRay) -> None:
    with without_ray():
        more: Any = resume_search(outcome.name, home=outcome.home, trials=1, say=lambda line: None)
    assert [trial.number for trial in more.result.trials] == [0, 1, 2]
    assert more.experiment.data == outcome.experiment.data
    assert Path(more.experiment.data).parent == outcome.home / "frames"


def test_a_model_is_compared_with_another_on_labelled_rows(
    outcome: Outcome, tmp_path: Path, run_here: Callable[..., Any]
) -> None:
    new = loans(100)
    new.loc[:4, "default"] = None
    new.to_csv(tmp_path / "new.csv", index=False)
    words = ("models", "compare", REFERENCE, "finance/1", "--data", "new.csv", "--home", outcome.home)
    ran = run_here(*words, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "same 95 rows; 5 without a label were left out" in ran.stdout
    assert re.search(r"auc .*\+0\.0000 \[\+0\.0000, \+0\.0000\]", ran.stdout), "it is the same model"
    unknown = run_here(*words[:3], "finance@chalenger", *words[4:], cwd=tmp_path)
    assert unknown.returncode == 2 and "Unknown alias of finance 'chalenger'" in unknown.stderr
