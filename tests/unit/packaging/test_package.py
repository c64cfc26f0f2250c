"""What is installed on a user's machine: the right packages, no top-level names of ours beside `automl*`."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

import automl

ROOT = Path(__file__).parents[3]
SOURCES = {"automl": "automl", "plugins": "automl_plugins", "search_spaces": "automl_search_spaces"}
"""Folder in the repository -> the name it is installed under."""


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy: setuptools leaves a `build/` folder where it builds."""
    pytest.importorskip("setuptools", minversion="77")
    copy = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    (copy / "dist").mkdir()
    built = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return next((copy / "dist").glob("*.whl"))


def test_every_folder_with_code_is_in_the_list_of_packages(project: dict[str, Any]) -> None:
    tree = {
        ".".join([name, *marker.parent.relative_to(ROOT / folder).parts])
        for folder, name in SOURCES.items()
        for marker in (ROOT / folder).rglob("__init__.py")
    }

    assert sorted(project["tool"]["setuptools"]["packages"]) == sorted(tree)


def test_every_module_lies_in_a_package() -> None:
    stray = [
        str(file.relative_to(ROOT))
        for folder in SOURCES
        for file in (ROOT / folder).rglob("*.py")
        if not (file.parent / "__init__.py").exists()
    ]

    assert stray == [], "setuptools would leave these out"


def test_the_wheel_holds_code_presets_and_the_type_marker(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(Path(name, file.relative_to(ROOT / folder)))
        for folder, name in SOURCES.items()
        for file in (ROOT / folder).rglob("*")
        if file.suffix in (".py", ".yaml", ".typed", ".txt", ".toml", ".md", ".sql") and "__pycache__" not in file.parts
    }

    assert wanted - held == set()
    assert "automl_search_spaces/images.yaml" in held


def test_the_wheel_makes_no_other_names_importable(wheel: Path) -> None:
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {name for name in top if not name.endswith(".dist-info")} == set(SOURCES.values())


def test_the_wheel_brings_the_command_and_the_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    information = f"automl-{automl.__version__}.dist-info"

    assert "automl = automl.cli.main:main" in archive.read(f"{information}/entry_points.txt").decode()
    assert f"{information}/licenses/LICENSE" in archive.namelist()


def test_the_version_is_the_same_everywhere(project: dict[str, Any]) -> None:
    assert project["project"]["version"] == automl.__version__
    assert f"## [{automl.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
