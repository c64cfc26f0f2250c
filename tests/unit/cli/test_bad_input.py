"""What the user may get wrong: a clear message, exit code 2, nothing half-written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Search = Callable[..., Any]
WriteImages = Callable[..., Path]


def refused(ran: Any, home: Path, *texts: str) -> None:
    """The command ended with code 2 and said all of `texts`; no search was begun."""
    said = " ".join(ran.err.split())
    assert said.startswith("Error: ")
    assert "Traceback" not in said
    for text in texts:
        assert text in said, f"{text!r} isn't in {said!r}"
    assert ran.code == 2
    assert not (home / "searches").exists()
    assert not (home / "mlflow.db").exists()
    assert not (home / "artifacts").exists()


def test_good_input_passes_all_checks(search: Search, home: Path) -> None:
    ran = search("--trials", 3)
    assert "All checks are passed." in ran.err
    assert "40 images, 2 classes" in ran.out


# The data


def test_no_such_path(search: Search, home: Path, tmp_path: Path) -> None:
    refused(search(data=tmp_path / "nowhere"), home, f"There is no {tmp_path / 'nowhere'}", "Next:")


def test_an_empty_folder(search: Search, home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(search(data=tmp_path / "empty"), home, "No images in", "Got an empty folder", "FOLDER/<class>/<image>")


def test_one_class_only(search: Search, home: Path, tmp_path: Path, write_images: WriteImages) -> None:
    data = write_images(tmp_path / "one", {"dark": 20})
    refused(search(data=data), home, "at least 2 classes", "Got 1 (dark)", "Next:")


def test_a_class_with_fewer_images_than_splits(
    search: Search, home: Path, tmp_path: Path, write_images: WriteImages
) -> None:
    data = write_images(tmp_path / "few", {"dark": 20, "light": 2})
    refused(search(data=data), home, "at least 3 images", "light (2)", "Next:")


def spoil(folder: Path, count: int) -> None:
    """Every second a truncated image, every other a text."""
    for number, path in enumerate(sorted(folder.iterdir())[:count]):
        path.write_bytes(path.read_bytes()[:40] if number % 2 else b"no image")


def test_too_many_unreadable_files_are_refused_and_listed(search: Search, home: Path, images: Path) -> None:
    spoil(images / "dark", 4)
    refused(
        search(), home, "4 of 40 image files can't be read; up to 5% are skipped", "dark/0.png (", "--allow-corrupt"
    )


def test_too_many_unreadable_files_are_skipped_on_demand(search: Search, home: Path, images: Path) -> None:
    spoil(images / "dark", 4)
    ran = search("--allow-corrupt")
    assert "All checks are passed." in ran.err
    assert "Skipped 4 unreadable files" in ran.out and "dark/0.png (" in ran.out


def test_a_few_unreadable_files_are_skipped_and_listed(search: Search, home: Path, images: Path) -> None:
    spoil(images / "dark", 2)
    ran = search()
    assert "All checks are passed." in ran.err
    assert "Skipped 2 unreadable files" in ran.out and "dark/0.png (" in ran.out


def test_an_npz_without_the_right_keys(search: Search, home: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=np.zeros((3, 8, 8), np.uint8), train_labels=np.zeros(3))
    refused(search(data=tmp_path / "data.npz"), home, "Missing: train_images, val_images", "Got: x, train_labels")


def test_a_metric_that_has_no_value_on_validation(search: Search, home: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for split, classes in {"train": 3, "val": 2, "test": 3}.items():
        arrays[f"{split}_images"] = rng.integers(0, 256, (30, 8, 8), dtype=np.uint8)
        arrays[f"{split}_labels"] = np.arange(30) % classes
    np.savez(tmp_path / "data.npz", **arrays)
    ran = search("--metric", "auc", "--trials", 3, data=tmp_path / "data.npz")
    refused(ran, home, "The metric auc isn't defined on validation: it has no row of 2.", "another with --metric")
    assert "All checks are passed." in search("--metric", "accuracy", "--trials", 3, data=tmp_path / "data.npz").err


def test_a_file_that_is_no_npz(search: Search, home: Path, tmp_path: Path) -> None:
    (tmp_path / "data.npz").write_bytes(b"no archive")
    refused(search(data=tmp_path / "data.npz"), home, "is not an .npz archive")


def test_a_file_of_another_kind(search: Search, home: Path, images: Path) -> None:
    refused(search(data=images / "dark" / "0.png"), home, "a folder of images or an .npz file", "Next:")


def test_a_regression_without_numbers(search: Search, home: Path) -> None:
    refused(search("--task", "image-regression", "--metric", "mse"), home, "needs an .npz with numbers as labels")


# Names


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["--sampler", "tp"], ["Unknown sampler 'tp'", "qmc, random, tpe", "Did you mean tpe"]),
        (["--sampler", "evolution"], ["Unknown sampler 'evolution'", "Choices: "]),
        (["--scheduler", "asa"], ["Unknown scheduler 'asa'", "Did you mean asha"]),
        (["--domain", "medical"], ["Unknown domain 'medical'", "Did you mean medical_imaging"]),
        (["--models", "resnett"], ["Unknown model 'resnett'", "resnet, resnet_mlp, small_cnn", "Did you mean resnet"]),
        (["--models", "mlp,"], ["Unknown model ''"]),
        (["--metric", "acuracy"], ["Unknown metric 'acuracy'", "Did you mean", "accuracy"]),
        (["--metric", "mse"], ["The metric mse isn't for image-classification", "--metric"]),
        (["--task", "image-clasification"], ["Unknown task 'image-clasification'", "Did you mean image-classific"]),
    ],
)
def test_unknown_names_are_told_with_the_near_matches(
    search: Search, home: Path, arguments: list[str], texts: list[str]
) -> None:
    refused(search(*arguments), home, *texts)


# Parameters


@pytest.mark.parametrize(
    ("assignments", "texts"),
    [
        (["training.lrr=0.1"], ["Unknown parameter 'training.lrr' (set to 0.1)", "Did you mean training.lr"]),
        (["model.resnet.depht=18"], ["Unknown parameter 'model.resnet.depht'", "model.resnet.depth"]),
        (["augmentation.flip=true"], ["Unknown parameter 'augmentation.flip'", "automl plugins list"]),
        (["training.lr=7"], ["training.lr must be 0.0001 to 1, log scale, got 7", "--set training.lr="]),
        (["training.lr=fast"], ["training.lr must be", "got fast (str)"]),
        (["training.lr=.inf"], ["training.lr must be", "got inf"]),
        (["model.resnet.depth=19"], ["model.resnet.depth must be one of 18, 34, 50, got 19"]),
        (["augmentation.horizontal_flip=maybe"], ["must be one of false, true, got maybe"]),
        (["training.lr={low: 0.1, high: 0.01}"], ["training.lr: low 0.1 is above high 0.01"]),
        (["training.lr={lo: 0.1}"], ["Unknown key of training.lr 'lo'", "Did you mean low"]),
        (["training.lr"], ["--set takes name=value, got 'training.lr'"]),
        (["training.lr=[0.1"], ["The value of --set training.lr isn't valid YAML"]),
        (["training.lr=[]"], ["training.lr needs at least one value"]),
        (["model=[]"], ["model needs at least one name"]),
        (["training.lr=0.1", "training.lr=0.2"], ["--set training.lr is given twice, as 0.1 and 0.2"]),
    ],
)
def test_parameters_that_cannot_be_set(search: Search, home: Path, assignments: list[str], texts: list[str]) -> None:
    refused(search(*(part for text in assignments for part in ("--set", text))), home, *texts)


def test_a_model_that_does_not_fit_the_data(
    search: Search, home: Path, write_plugin: Callable[..., Path], shared_catalog: object
) -> None:
    path = write_plugin(
        """
        @model("giant", task="image-classification", applies=lambda task: "needs 75 px or more")
        def giant(task: Task):
            \"\"\"Large.\"\"\"
        """
    )
    refused(search("--plugin", path, "--models", "giant"), home, "giant needs 75 px or more")


def test_a_grid_over_a_continuous_parameter(search: Search, home: Path) -> None:
    refused(search("--sampler", "grid", "--models", "mlp"), home, "training.lr is continuous", "--set 'training.lr=[")


def test_a_grid_of_too_many_configurations(search: Search, home: Path) -> None:
    stepped = "training.lr={low: 0.001, high: 0.3, step: 0.00001}"
    ran = search("--sampler", "grid", "--models", "mlp", "--set", stepped)
    refused(ran, home, "The grid has more than 100,000 configurations", "--sampler random")


# Limits and flags


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["--trials", 0], ["trials (option --trials)", "greater than or equal to 1", "got 0"]),
        (["--trials", -1], ["got -1"]),
        (["--time-budget", "soon"], ["time_budget (option --time-budget)", "90s, 10m or 1h30m", "got 'soon'"]),
        (["--time-budget", "0s"], ["greater than 0"]),
        (["--fidelity", "rows"], ["Unknown fidelity 'rows'", "data, epochs"]),
        (["--fidelity", "data", "--scheduler", "none"], ["--fidelity data and --scheduler none don't go together"]),
        (["--fidelity", "data", "--scheduler", "pbt"], ["--fidelity data and --scheduler pbt don't go together"]),
        (["--fidelity", "data", "--sampler", "nsga2"], ["--fidelity data and --scheduler none", "learns from stopped"]),
        (["--patience", 0], ["patience (option --patience)", "got 0"]),
        (["--max-failures", 0], ["max_failures (option --max-failures)", "got 0"]),
        (["--cost-budget", 5], ["cost_budget and cost_per_hour belong together", "--cost-per-hour 2.4"]),
        (["--cost-per-hour", 2.4], ["cost_budget and cost_per_hour belong together"]),
        (["--cost-budget", 0, "--cost-per-hour", 1], ["cost_budget (option --cost-budget)", "greater than 0"]),
        (["--disk", "0"], ["disk (option --disk)", "500MB or 20GB", "got '0'"]),
        (["--disk", "much"], ["disk (option --disk)", "got 'much'"]),
        (["--workers", 0], ["workers (option --workers)", "got 0"]),
        (["--workers", 3], ["3 workers with 1 CPU", "more than the 2 CPUs", "Lower --workers"]),
        (["--cpus-per-trial", 4], ["--cpus-per-trial 4 is more than the 2 CPUs"]),
        (["--gpus-per-trial", 0.25], ["--gpus-per-trial 0.25 needs a GPU", "automl doctor"]),
        (["--gpus-per-trial", -1], ["gpus_per_trial (option --gpus-per-trial)", "got -1"]),
        (["--image-size", 2], ["image_size (option --image-size)", "got 2"]),
        (["--seed", -1], ["seed (option --seed)", "got -1"]),
        (["--models", "mlp", "--set", "model=resnet"], ["--models and --set model=...", "Keep one of them"]),
    ],
)
def test_flags_that_are_out_of_range_or_contradict(
    search: Search, home: Path, arguments: list[Any], texts: list[str]
) -> None:
    refused(search(*arguments), home, *texts)


@pytest.mark.parametrize("arguments", [["--trials", "many"], ["--no-such-option"], ["--seed"]])
def test_what_the_command_line_itself_refuses(search: Search, home: Path, arguments: list[str]) -> None:
    ran = search(*arguments)
    assert ran.code == 2
    assert arguments[0] in ran.err
    assert not home.exists()


def test_a_yaml_file_with_an_unknown_key(search: Search, home: Path, tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text("samplr: tpe\n")
    ran = search("--config", tmp_path / "e.yaml")
    refused(ran, home, f"{tmp_path / 'e.yaml'}: Unknown key 'samplr'", "Did you mean sampler?")


def test_a_yaml_file_that_is_not_there(search: Search, home: Path, tmp_path: Path) -> None:
    refused(search("--config", tmp_path / "e.yaml"), home, "e.yaml can't be read", "--config takes a YAML file")


# Plugins


def test_a_plugin_file_that_is_not_there(search: Search, home: Path, tmp_path: Path) -> None:
    refused(search("--plugin", tmp_path / "none.py"), home, "No plugin file at")
    assert not home.exists()


def test_a_plugin_file_that_cannot_be_executed(
    search: Search, home: Path, write_plugin: Callable[..., Path], shared_catalog: object
) -> None:
    path = write_plugin("import no_such_package_anywhere")
    cause = "ModuleNotFoundError in line 4: No module named 'no_such_package_anywhere'"
    refused(search("--plugin", path), home, str(path), cause)
    assert not home.exists()


def test_a_plugin_that_takes_a_built_in_name(
    search: Search, home: Path, write_plugin: Callable[..., Path], shared_catalog: object
) -> None:
    path = write_plugin('@model("mlp", task="image-classification")\ndef mlp(task: Task):\n    """Mine."""\n')
    refused(search("--plugin", path), home, "Two plugins define the model 'mlp'", "package automl", str(path))


def test_bad_names_are_found_before_the_data_is_read(
    search: Search, home: Path, monkeypatch: pytest.MonkeyPatch, images: Path
) -> None:
    shutil.rmtree(images)
    for arguments, text in (
        (["--set", "training.lrr=1"], "Unknown parameter 'training.lrr'"),
        (["--models", "resnett"], "Unknown model 'resnett'"),
        (["--set", "training.lr=7"], "training.lr must be"),
    ):
        ran = search(*arguments)
        assert text in ran.err
        assert not home.exists()
