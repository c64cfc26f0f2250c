import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import automl

RunCli = Callable[..., Any]


def test_help_names_the_commands(run_cli: RunCli) -> None:
    ran = run_cli("--help")
    assert ran.code == 0
    for command in ("search", "train", "predict", "ui", "doctor", "plugins"):
        assert command in ran.out


def test_help_of_a_search_names_its_options(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ran = run_cli("search", "--help")
    assert ran.code == 0
    for option in (
        "--data",
        "--domain",
        "--time-budget",
        "--trials",
        "--sampler",
        "--set",
        "--gpus-per-trial",
        "--out",
    ):
        assert option in ran.out


def test_the_version_is_told(run_cli: RunCli) -> None:
    ran = run_cli("--version")
    assert (ran.code, ran.out.strip()) == (0, automl.__version__)


def test_an_unknown_command_is_refused(run_cli: RunCli) -> None:
    ran = run_cli("serach")
    assert ran.code == 2
    assert "serach" in ran.err


def test_a_message_with_square_brackets_is_shown_whole(run_cli: RunCli, tmp_path: Path) -> None:
    ran = run_cli("search", "--config", "[bold]/none[/].yaml", "--out", tmp_path)
    assert "[bold]/none[/].yaml" in ran.err


def test_a_bug_is_not_called_the_users_mistake(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("automl.config.load_experiment", broken)
    with pytest.raises(BaseException, match=r"a bug"):
        run_cli("search")


def test_ctrl_c_ends_with_130(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("automl.config.load_experiment", interrupted)
    ran = run_cli("search")
    assert (ran.code, ran.err) == (130, "Interrupted.\n")


# automl plugins


def test_plugins_are_listed_with_what_they_do(run_cli: RunCli) -> None:
    ran = run_cli("plugins", "list")
    assert ran.code == 0
    for text in ("resnet", "random_crop", "label_smoothing", "depth", "package automl", "Residual"[:3]):
        assert text in ran.out


def test_plugins_are_filtered_by_name_kind_and_task(run_cli: RunCli) -> None:
    assert "convnext" not in run_cli("plugins", "list", "*mlp*").out
    models = run_cli("plugins", "list", "--kind", "model").out
    assert "resnet" in models and "label_smoothing" not in models
    regression = run_cli("plugins", "list", "--task", "image-regression").out
    assert "mlp" in regression and "label_smoothing" not in regression
    assert "No component is called nothing" in run_cli("plugins", "list", "nothing").out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--kind", "models"], "Unknown kind 'models'. Choices: augmentation, model, regularizer"),
        (["--task", "images"], "Unknown task 'images'"),
        (["--plugin", "none.py"], "No plugin file at none.py"),
    ],
)
def test_bad_filters_are_refused(run_cli: RunCli, arguments: list[str], text: str) -> None:
    ran = run_cli("plugins", "list", *arguments)
    assert ran.code == 2
    assert text in ran.err


def test_a_file_plugin_is_listed_with_its_text_as_it_is(
    run_cli: RunCli, write_plugin: Callable[..., Path], shared_catalog: object
) -> None:
    path = write_plugin('@model("mine", task="image-classification")\ndef mine():\n    """A net [Me 2026] [/x]."""\n')
    ran = run_cli("plugins", "list", "mine", "--plugin", path)
    assert ran.code == 0
    assert "A net [Me 2026] [/x]." in ran.out


def test_a_broken_package_is_listed(run_cli: RunCli, shared_catalog: Any) -> None:
    shared_catalog.broken["package vit 2.0"] = "ImportError: no timm"
    ran = run_cli("plugins", "list")
    assert ran.code == 0
    assert "Could not be loaded: package vit 2.0: ImportError: no timm" in ran.out


@pytest.mark.parametrize("arguments", [["--help"], ["plugins", "list"]])
def test_quick_commands_import_nothing_heavy(arguments: list[str]) -> None:
    program = f"""
import sys, os
sys.argv = ["automl", *{arguments!r}]
os._exit = lambda code: None
from automl.cli.main import main
main()
heavy = [name for name in ("torch", "ray", "mlflow", "sklearn", "pandas", "optuna") if name in sys.modules]
sys.exit(f"imported: {{heavy}}" if heavy else 0)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


# automl predict


def test_a_prediction_without_a_store_is_refused(run_cli: RunCli, images: Path, home: Path, tmp_path: Path) -> None:
    ran = run_cli("predict", images, "--model", "images@champion", "--home", home, "--out", tmp_path / "p.csv")
    assert ran.code == 2
    assert "There are no models yet" in ran.err and "automl search" in ran.err
    assert not (tmp_path / "p.csv").exists()


def test_a_reference_that_is_none_is_refused(run_cli: RunCli, images: Path, home: Path, tmp_path: Path) -> None:
    ran = run_cli("predict", images, "--model", "a/b/c", "--home", home, "--out", tmp_path / "p.csv")
    assert ran.code == 2
    assert "'a/b/c' is no model: expected NAME, NAME@ALIAS or NAME/VERSION" in ran.err


@pytest.mark.parametrize("out", ["nowhere/p.csv", "."])
def test_predictions_that_cannot_be_written_are_refused(
    run_cli: RunCli, images: Path, home: Path, tmp_path: Path, out: str
) -> None:
    ran = run_cli("predict", images, "--model", "images", "--home", home, "--out", tmp_path / out)
    assert ran.code == 2
    assert "--out" in ran.err


# automl doctor, automl ui


def test_the_doctor_finds_what_is_there(run_cli: RunCli, home: Path) -> None:
    ran = run_cli("doctor", "--out", home)
    for text in ("automl", "torch", "ray", "mlflow", "CPU cores", "GPUs", "memory free", "disk free", "store"):
        assert text in ran.out
    assert f"none yet at {home}" in ran.out.replace("\n", "")
    assert not home.exists()


def test_the_doctor_names_what_is_missing(
    run_cli: RunCli, home: Path, shared_catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automl.cli import doctor

    monkeypatch.setattr(doctor, "PACKAGES", ("torch", "no_such_package_anywhere"))
    shared_catalog.broken["package vit 2.0"] = "ImportError: no timm"
    ran = run_cli("doctor", "--out", home)
    assert ran.code == 1
    assert "Missing: no_such_package_anywhere is not installed: pip install no_such_package_anywhere" in ran.out
    assert "Missing: package vit 2.0 can't be loaded: ImportError: no timm" in ran.out


def test_there_is_no_ui_before_a_search(run_cli: RunCli, home: Path) -> None:
    ran = run_cli("ui", "--out", home, "--no-browser")
    assert ran.code == 2
    assert "Nothing was logged yet" in ran.err and "automl search" in ran.err
