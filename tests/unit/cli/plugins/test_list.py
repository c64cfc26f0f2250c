"""`automl plugins list`."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from automl.components import Catalog

RunCli = Callable[..., Any]
HEAVY = ("torch", "torchvision", "ray", "mlflow", "sklearn", "pandas", "optuna", "PIL", "pytest")


def test_a_listing_names_each_component_below_its_kind_and_origin(run_cli: RunCli, plugin: Callable[..., Path]) -> None:
    path = plugin(doc="A net of mine.")
    ran = run_cli("plugins", "list", "*net*", "--kind", "model", "--plugin", path)
    lines = [line.strip() for line in ran.out.splitlines() if line.strip()]
    assert ran.code == 0
    assert f"models, file {path}" in lines and any(line.startswith("models, package automl ") for line in lines)
    assert any(re.fullmatch(r"my_net +A net of mine\.", line) for line in lines)
    assert any(re.fullmatch(r"resnet +ResNet-.*", line) for line in lines)
    assert not any(line.startswith("mlp ") for line in lines)


def test_a_listing_is_readable_in_100_columns() -> None:
    listed = "from automl.cli.main import app\napp(['plugins', 'list'], standalone_mode=False)"
    shown = subprocess.run(
        [sys.executable, "-c", "import sys; sys.stdout.isatty = lambda: True\n" + listed],
        env={"COLUMNS": "100", "TERM": "dumb", "PATH": ""}, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert max(map(len, shown)) <= 100
    starts = {len(line) - len(line.lstrip()) for line in shown if line.strip()}
    assert len(starts) <= 3, "headings, names, and the second lines of what a component does"


def test_a_listing_is_filtered_by_task(run_cli: RunCli) -> None:
    ran = run_cli("plugins", "list", "--task", "image-regression", "--kind", "regularizer")
    assert "l1" in ran.out and "label_smoothing" not in ran.out


def test_added_plugins_are_listed(run_cli: RunCli, plugin: Callable[..., Path], passed: None) -> None:
    run_cli("plugins", "add", plugin())
    assert "my_net" in run_cli("plugins", "list").out


def test_what_is_broken_is_told_at_the_end(
    run_cli: RunCli, plugin: Callable[..., Path], shared_catalog: Catalog, passed: None
) -> None:
    shared_catalog.broken["package vit 2.0"] = "ImportError: no timm"
    gone, changed = plugin("gone_net"), plugin("my_net")
    run_cli("plugins", "add", gone)
    run_cli("plugins", "add", changed)
    gone.unlink()
    plugin("my_net", doc="Another net.")
    ran = run_cli("plugins", "list")
    assert ran.code == 0
    *listed, broken, first, second = ran.out.splitlines()
    assert any("Another net." in line for line in listed)
    assert broken == "Could not be loaded: package vit 2.0: ImportError: no timm"
    assert first == f"The added plugin {gone} is gone: automl plugins remove gone_net"
    assert f"{changed} has changed since it was added" in second


def test_nothing_heavy_is_imported_by_a_listing(
    run_cli: RunCli, plugin: Callable[..., Path], passed: None, tmp_path: Path
) -> None:
    run_cli("plugins", "add", plugin())
    for arguments in (["list"], ["show", "my_net"], ["new", "model", "other_net"], ["remove", "my_net"]):
        program = f"import sys; from automl.cli.main import app; app(['plugins', *{arguments}], standalone_mode=False)"
        shown = "; print(*{name.partition('.')[0] for name in sys.modules})"
        ran = subprocess.run([sys.executable, "-c", program + shown], capture_output=True, text=True, check=True)
        *told, imported = ran.stdout.splitlines()
        assert told and set(imported.split()) & set(HEAVY) == set()
