"""`automl plugins new`."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RunCli = Callable[..., Any]


@pytest.mark.parametrize("kind", ["model", "augmentation", "regularizer"])
def test_a_new_plugin_is_a_file_and_the_next_commands(
    run_cli: RunCli, search: RunCli, tmp_path: Path, kind: str
) -> None:
    ran = run_cli("plugins", "new", kind, "my_own", "--out", "a folder")
    assert ran.code == 0
    assert (tmp_path / "a folder" / "my_own.py").is_file()
    commands = re.findall(r"^  automl (.*)$", ran.out, re.M)
    assert [shlex.split(command)[:2] for command in commands[:1] + commands[2:]] == [
        ["plugins", "check"],
        ["plugins", "add"],
    ]
    assert all("a folder/my_own.py" in shlex.split(command) for command in commands)
    assert "All checks are passed." in search(*shlex.split(commands[1])[1:]).err


def test_a_new_package_is_a_folder_and_the_next_commands(run_cli: RunCli, tmp_path: Path) -> None:
    ran = run_cli("plugins", "new", "regularizer", "my_own", "--package")
    assert ran.code == 0
    written = {str(path.relative_to(tmp_path)) for path in (tmp_path / "my_own").rglob("*") if path.is_file()}
    assert all(f"  {path}\n" in ran.out for path in written) and len(written) == 5
    assert "  pip install --no-deps --editable ./my_own\n" in ran.out
    assert "  automl search --set regularizer.my_own=true\n" in ran.out


def test_new_refuses_a_name_that_is_taken_and_says_whose(
    run_cli: RunCli, plugin: Callable[..., Path], passed: None, tmp_path: Path
) -> None:
    path = plugin("my_net")
    run_cli("plugins", "add", path)
    for name, whose in (("resnet", "package automl"), ("my_net", str(path))):
        ran = run_cli("plugins", "new", "model", name, "--out", "new")
        assert ran.code == 2
        assert f"There is a model '{name}' already: " in ran.err and whose in ran.err
    assert run_cli("plugins", "new", "regularizer", "my_net", "--out", "new").code == 0, "another kind"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["modell", "net"], "Did you mean model?"),
        (["model", "My-Net"], "automl plugins new model my_net"),
        (["model", "torch", "--package"], "a module of that name is installed"),
    ],
)
def test_new_refuses_what_cannot_be(run_cli: RunCli, tmp_path: Path, arguments: list[str], text: str) -> None:
    ran = run_cli("plugins", "new", *arguments)
    assert ran.code == 2
    assert text in ran.err
    assert list(tmp_path.iterdir()) == []


def test_new_leaves_a_file_that_is_there_alone(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "my_net.py").write_text("mine")
    ran = run_cli("plugins", "new", "model", "my_net")
    assert (ran.code, (tmp_path / "my_net.py").read_text()) == (2, "mine")
    assert "my_net.py is there already" in ran.err and "--out" in ran.err
