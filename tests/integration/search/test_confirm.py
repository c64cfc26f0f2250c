"""The winner of a search: confirmed with other seeds, compared with the default, refitted."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import automl
from automl.api import Outcome, resume_search
from automl.search.reruns import origin, title
from automl.tracking import open_store
from automl.training.checkpoint import read_weights

if TYPE_CHECKING:
    from mlflow.entities import Run

pytestmark = pytest.mark.integration

WithoutRay = Callable[[], AbstractContextManager[None]]
TRIALS, EPOCHS = 4, 3


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory, write_images: Callable[..., Path], without_ray: WithoutRay
) -> Outcome:
    folder = tmp_path_factory.mktemp("confirmed")
    images = {"dark": 40, "light": 40, "white": 40, "as white": 40}  # the last two can't be told apart
    with without_ray():
        return automl.search(
            write_images(folder / "images", images),
            out=folder / "runs",
            say=lambda line: None,
            trials=TRIALS,
            workers=2,
            confirm=2,
            refit=True,
            scheduler="none",
            space={"model": "mlp", "training.epochs": EPOCHS, "training.batch_size": 8},
        )


def runs_by_role(outcome: Outcome) -> "dict[str, list[Run]]":
    client = open_store(outcome.home).client()
    found: dict[str, list[Run]] = {"search": [], "trial": [], "confirmation": []}
    for run in client.search_runs([client.get_experiment_by_name("images").experiment_id]):
        found[run.data.tags["automl.role"]].append(run)
    return found


def folder(outcome: Outcome) -> Path:
    return outcome.home / "searches" / outcome.name


def test_the_best_two_are_trained_again_to_their_last_epoch(outcome: Outcome) -> None:
    verdict = outcome.result.verdict
    assert verdict is not None and len(verdict.candidates) == 2
    for candidate in verdict.candidates:
        assert [origin(run.number) for run in candidate.again] == [(candidate.trial.number, seed) for seed in (2, 3)]
        assert {run.epoch for run in candidate.again} == {EPOCHS}
    assert len({run.best["val_log_loss"] for run in verdict.winner.runs}) == len(verdict.winner.runs), "other seeds"
    assert len(outcome.result.trials) == TRIALS, "none of them is a trial"
    assert outcome.best is verdict.winner.trial


def test_in_mlflow_they_are_runs_beside_the_trials(outcome: Outcome) -> None:
    runs, verdict = runs_by_role(outcome), outcome.result.verdict
    assert verdict is not None
    again = [run for candidate in verdict.candidates for run in candidate.again]
    assert {run.info.run_name for run in runs["confirmation"]} == {title(run) for run in again}
    assert all(re.fullmatch(r"00\d mlp seed [23]", run.info.run_name) for run in runs["confirmation"])
    recorded = {run.info.run_name: run.data.metrics["best_accuracy"] for run in runs["confirmation"]}
    assert recorded == pytest.approx({title(run): run.best["val_accuracy"] for run in again}, abs=1e-5)
    assert len(runs["trial"]) == TRIALS
    (parent,) = runs["search"]
    assert {run.data.tags["mlflow.parentRunId"] for run in runs["confirmation"]} == {parent.info.run_id}
    assert all(note in parent.data.tags["mlflow.note.content"] for note in outcome.notes)


def test_what_was_found_is_said(outcome: Outcome) -> None:
    gain, means, bias, refit, calibration = outcome.notes
    assert re.search(r"accuracy [+-]\d\.\d{4} \(95 % interval -?\d\.\d{4} to -?\d\.\d{4}\)|default .* won", gain)
    assert means.startswith("Validation accuracy on average: trial ")
    assert re.fullmatch(r"Selection bias: validation accuracy of trial \d was .* other seeds \(mean of 2\)\.", bias)
    assert re.fullmatch(r"Refitted on train \+ validation for \d epochs: test accuracy .*, before .*\.", refit)
    assert calibration.startswith(("Probabilities are calibrated by ", "Probabilities aren't calibrated: "))
    assert set(outcome.refitted) == set(outcome.test) == set(outcome.figures)


def test_the_refitted_model_is_registered_and_says_so(outcome: Outcome) -> None:
    client = open_store(outcome.home).client()
    version = client.get_model_version_by_alias("images", "champion")
    for text in (*outcome.notes, "refitted on train + validation", "Seeds: "):
        assert text in version.description
    assert outcome.run is not None
    again = read_weights(folder(outcome) / f"refitted/trials/{outcome.run.number:04d}/best.safetensors")
    (module,) = automl.load("images@champion", home=outcome.home).modules
    registered = module.state_dict()
    assert all(np.array_equal(again[name], registered[name].cpu()) for name in again)
    source = client.get_run(version.run_id)
    assert source.info.run_name == title(outcome.run)
    assert source.data.metrics["test_accuracy"] == pytest.approx(outcome.test["accuracy"])
    assert source.data.metrics["refit_test_accuracy"] == pytest.approx(outcome.refitted["accuracy"])


def test_of_each_configuration_the_weights_that_may_be_used_are_left(outcome: Outcome) -> None:
    verdict = outcome.result.verdict
    assert verdict is not None
    kept = {int(path.parent.name) for path in folder(outcome).glob("trials/*/best.safetensors")}
    assert kept == {trial.number for trial in outcome.result.trials if trial.merit}
    again = {origin(int(path.parent.name))[0] for path in folder(outcome).glob("confirmed/trials/*/best.safetensors")}
    assert again == {candidate.trial.number for candidate in verdict.candidates}
    assert not (folder(outcome) / "default").exists() and not (folder(outcome) / "stop").exists()


def test_what_was_broken_off_while_it_was_confirmed_is_confirmed_when_it_is_resumed(
    outcome: Outcome, without_ray: WithoutRay
) -> None:
    """As if killed before the last run with another seed: the others aren't trained again."""
    notes = folder(outcome) / "search.json"
    notes.write_text(json.dumps(json.loads(notes.read_text()) | {"ended": None}))
    before = {run.info.run_id for runs in runs_by_role(outcome).values() for run in runs}
    verdict = outcome.result.verdict
    assert verdict is not None
    lost, kept = (verdict.winner.again or verdict.found.again)[:2]
    shutil.rmtree(folder(outcome) / f"confirmed/trials/{lost.number}")
    reports = folder(outcome) / f"confirmed/trials/{kept.number}/reports.jsonl"
    written = reports.stat().st_mtime_ns

    with without_ray():
        resumed = resume_search(home=outcome.home, say=lambda line: None)
    again = resumed.result.verdict
    assert again is not None
    assert again.winner.mean("val_accuracy") == pytest.approx(verdict.winner.mean("val_accuracy"), abs=1e-6)
    assert reports.stat().st_mtime_ns == written
    assert {run.info.run_id for runs in runs_by_role(outcome).values() for run in runs} == before
    client = open_store(outcome.home).client()
    for run in runs_by_role(outcome)["confirmation"]:
        steps = {point.step for point in client.get_metric_history(run.info.run_id, "val_accuracy")}
        assert steps == set(range(1, EPOCHS + 1))


def test_ctrl_c_on_rays_workers_leaves_out_what_was_not_confirmed_and_resume_makes_up_for_it(
    tmp_path: Path, write_images: Callable[..., Path], run_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    write_images(tmp_path / "images", {"dark": 30, "light": 30})
    command = [str(Path(sys.executable).with_name("automl")), "search", "--data", "images", "--trials", "2"]
    command += ["--models", "mlp", "--set", "training.epochs=2", "--workers", "1", "--confirm", "2", "--refit"]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOML_", "MLFLOW_", "RAY_"))}
    with subprocess.Popen(
        command, cwd=tmp_path, env=own | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "again, seed 2" in line:
                os.killpg(process.pid, signal.SIGINT)
                break
        rest, errors = process.communicate(timeout=240)
    out = "".join(lines) + rest
    assert process.returncode == 130, out + errors
    assert "Not refitted on train + validation: interrupted." in out
    assert "Registered as images version 1" in out and "Traceback" not in errors

    resumed = run_here("resume", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert resumed.stdout.count("again, seed 2") == resumed.stdout.count("again, seed 3") == 2
    assert "Refitted on train + validation" in resumed.stdout
    assert "Registered as images version 2" in resumed.stdout
