"""An installed package of components, searched on Ray's workers; its models need it where they predict."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automl.tracking import open_store

if TYPE_CHECKING:
    from mlflow.entities import Run

pytestmark = pytest.mark.integration

RunAutoml = Callable[..., subprocess.CompletedProcess[str]]

EXAMPLE = Path(__file__).parents[3] / "examples" / "plugin_package"
SEARCH = ("search", "--data", "images", "--trials", 1, "--models", "mlp_mixer", "--set", "training.epochs=1")


@dataclass(frozen=True)
class Searched:
    """A search with the package, which is installed below `folder` and in nobody's environment."""

    folder: Path
    ran: subprocess.CompletedProcess[str]
    trial: "Run"

    @property
    def installed(self) -> Path:
        return self.folder / "installed"


def install(package: Path, target: Path) -> Path:
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    command += ["--quiet", "--disable-pip-version-check", "--target", str(target), str(package)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools leaves a `build/` folder where it builds."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    return install(folder / "source", folder / "installed")


@pytest.fixture
def with_package(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(installed))


@pytest.fixture(scope="module")
def searched(installed: Path, write_images: Callable[..., Path], run_automl: RunAutoml) -> Iterator[Searched]:
    folder = installed.parent
    write_images(folder / "images", {"dark": 30, "light": 30})
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(installed))
        ran = run_automl(*SEARCH, "--set", "regularizer.orthogonality=true", cwd=folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    client = open_store(folder / "automl_runs").client()
    runs = client.search_runs([client.get_experiment_by_name("images").experiment_id])
    (trial,) = (run for run in runs if run.data.tags["automl.role"] == "trial")
    return Searched(folder, ran, trial)


def test_the_packages_own_tests_pass(installed: Path, with_package: None) -> None:
    command = [sys.executable, "-m", "pytest", "-q", str(installed.parent / "source" / "tests")]
    done = subprocess.run(command, cwd=installed.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_components_of_a_package_are_trained_on_workers(searched: Searched) -> None:
    assert searched.trial.info.status == "FINISHED"
    assert searched.trial.data.params["model"] == "mlp_mixer"
    assert searched.trial.data.params["regularizer.orthogonality"] == "True"
    assert "Registered as images version 1" in searched.ran.stdout


def test_the_trial_tells_the_packages_name_and_version(searched: Searched) -> None:
    assert "package automl-mixer 0.1.0" in searched.trial.data.tags["automl.plugins"]


def test_a_model_of_a_package_predicts_in_a_fresh_process(
    searched: Searched, run_automl: RunAutoml, with_package: None
) -> None:
    ran = run_automl("predict", "--model", "images/1", "images", cwd=searched.folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = list(csv.DictReader((searched.folder / "predictions.csv").open()))
    assert len(rows) == 60
    assert {row["prediction"] for row in rows} <= {"dark", "light"}


def test_where_the_package_is_not_installed_its_name_and_version_are_told(
    searched: Searched, run_here: RunAutoml
) -> None:
    ran = run_here("predict", "--model", "images/1", "images", "--out", "none.csv", cwd=searched.folder)
    said = " ".join(ran.stderr.split())
    assert ran.returncode == 2
    assert "model mlp_mixer of package automl-mixer 0.1.0, which isn't there" in said
    assert "Install automl-mixer==0.1.0" in said
    assert "Traceback" not in said
    assert not (searched.folder / "none.csv").exists()


def test_another_version_of_the_package_is_said(
    searched: Searched, run_automl: RunAutoml, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = shutil.copytree(searched.installed, tmp_path / "newer")
    (metadata,) = newer.glob("automl_mixer-*.dist-info/METADATA")
    metadata.write_text(metadata.read_text().replace("\nVersion: 0.1.0\n", "\nVersion: 0.2.0\n"))
    monkeypatch.setenv("PYTHONPATH", str(newer))
    ran = run_automl("predict", "--model", "images/1", "images", cwd=searched.folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = " ".join((ran.stdout + ran.stderr).split())
    assert "trained with package automl-mixer 0.1.0; now there is package automl-mixer 0.2.0" in said


def test_a_new_package_is_found_where_it_is_installed(
    run_automl: RunAutoml, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_automl("plugins", "new", "regularizer", "my_own", "--package", cwd=tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(install(tmp_path / "my_own", tmp_path / "installed")))
    ran = run_automl("plugins", "show", "my_own", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "from       package my_own 0.1.0" in ran.stdout
