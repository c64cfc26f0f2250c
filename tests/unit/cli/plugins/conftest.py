from collections.abc import Callable
from pathlib import Path

import pytest

from automl.components import Catalog

NET = '''
@{kind}("{name}"{task})
def {name}({arguments}):
    """{doc}"""
'''


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, shared_catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def plugin(write_plugin: Callable[..., Path]) -> Callable[..., Path]:
    """plugin("my_net") -> a file my_net.py with a model of that name."""

    def write(name: str = "my_net", kind: str = "model", arguments: str = "", doc: str = "A net.", **more: str) -> Path:
        task = ', task="image-classification"' if kind == "model" else ""
        extra = "".join(f", {key}={value}" for key, value in more.items())
        text = NET.format(name=name, kind=kind, task=task + extra, arguments=arguments, doc=doc)
        return write_plugin(text, f"{name}.py")

    return write


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check is passed, at once."""
    monkeypatch.setattr("automl.cli.plugin_check.require_passed", lambda source: None)
