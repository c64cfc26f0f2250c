"""Installed packages that don't behave: what is checked with them goes on."""

from pathlib import Path
from textwrap import dedent

import pytest

from automl.errors import UserError
from automl.testing import CheckResult, run_checks

pytestmark = pytest.mark.integration

CALM = """
from automl.plugin import Regularizer, regularizer

@regularizer("{name}")
def calm() -> Regularizer:
    \"\"\"Calm.\"\"\"
    return Regularizer()
"""
PACKAGES = {
    "stuck": "while True:\n    pass",
    "raising": "1 / 0",
    "nothing": "",
    "one": CALM.format(name="twin"),
    "other": CALM.format(name="twin"),
    "good": CALM.format(name="alone"),
}


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """These packages, and no others, are installed."""
    for name, text in PACKAGES.items():
        (tmp_path / f"{name}.py").write_text(dedent(text))
        described = tmp_path / f"{name}-1.0.dist-info"
        described.mkdir()
        (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (described / "entry_points.txt").write_text(f"[automl.plugins]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("AUTOML_PLUGINS", ",".join(PACKAGES))


def test_each_package_has_its_rows_whatever_the_others_do(packages: None) -> None:
    watched: list[CheckResult] = []
    results = run_checks(import_limit=5, checks={"imports", "own_name"}, watch=watched.append)
    rows = {(result.component, result.check): result for result in results}
    assert "importing it didn't end within 5 s" in rows["stuck", "imports"].message
    assert "package raising 1.0 can't be imported: ZeroDivisionError" in rows["raising", "imports"].message
    assert "registers nothing" in rows["nothing", "imports"].message
    assert "package one 1.0 and package other 1.0" in rows["regularizer.twin", "own_name"].message
    assert rows["regularizer.alone", "own_name"].outcome == "passed"
    assert sorted(map(str, watched)) == sorted(map(str, results))


def test_a_component_that_is_not_there_may_be_in_what_could_not_be_imported(
    packages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOML_PLUGINS", "raising,one,good")
    with pytest.raises(UserError, match=r"Unknown component 'alon'\. Choices: alone, twin") as refused:
        run_checks(only="alon")
    assert "Did you mean alone?" in str(refused.value.hint) and "raising: package raising 1.0" in str(
        refused.value.hint
    )
