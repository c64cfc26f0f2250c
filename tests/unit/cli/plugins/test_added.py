"""`automl plugins add` and `remove`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.components import PluginSource
from automl.errors import UserError

RunCli = Callable[..., Any]


def test_a_plugin_is_added_and_removed(
    run_cli: RunCli, plugin: Callable[..., Path], passed: None, tmp_path: Path
) -> None:
    path = plugin()
    ran = run_cli("plugins", "add", path)
    assert ran.code == 0
    assert f"Added model.my_net to {tmp_path / 'automl_runs'}" in ran.out
    assert ran.out.endswith("  automl search --models my_net\n")
    ran = run_cli("plugins", "add", path)
    assert (ran.code, ran.out) == (0, f"{path} is added already and hasn't changed.\n")
    ran = run_cli("plugins", "remove", "my_net")
    assert ran.code == 0
    assert "Removed model.my_net" in ran.out and path.exists()


def test_another_home_is_another_list(
    run_cli: RunCli, plugin: Callable[..., Path], passed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_cli("plugins", "add", plugin(), "--home", "elsewhere")
    assert run_cli("plugins", "remove", "my_net").code == 2
    monkeypatch.setenv("AUTOML_HOME", "elsewhere")
    assert run_cli("plugins", "remove", "my_net").code == 0


def test_a_plugin_that_fails_its_check_is_not_added(
    run_cli: RunCli, plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def failed(source: PluginSource) -> None:
        raise UserError(f"{source.name} fails 1 of 20 checks.")

    monkeypatch.setattr("automl.cli.plugin_check.require_passed", failed)
    ran = run_cli("plugins", "add", plugin())
    assert ran.code == 2
    assert "my_net.py fails 1 of 20 checks." in ran.err
    assert not (tmp_path / "automl_runs").exists()


def test_a_plugin_whose_name_is_taken_is_not_added(run_cli: RunCli, plugin: Callable[..., Path], passed: None) -> None:
    ran = run_cli("plugins", "add", plugin("resnet"))
    assert ran.code == 2
    assert "Two plugins define the model 'resnet'" in ran.err


def test_removing_what_was_not_added_tells_what_was(run_cli: RunCli, plugin: Callable[..., Path], passed: None) -> None:
    run_cli("plugins", "add", plugin())
    ran = run_cli("plugins", "remove", "my_nett")
    assert ran.code == 2
    assert "Unknown added plugin 'my_nett'. Choices: my_net." in ran.err
