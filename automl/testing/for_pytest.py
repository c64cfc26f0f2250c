"""The checks as a test function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from automl.components import read_plugin
from automl.errors import PluginError, unknown
from automl.testing.loading import Plugin, components_in, installed_plugins, label
from automl.testing.result import Broken, CheckResult, NotApplicable
from automl.testing.runner import IMPORTS, run_checks

if TYPE_CHECKING:
    from automl.testing.check import Check
    from automl.testing.subject import Subject


@dataclass(frozen=True)
class Case:
    """A check of a component of a plugin, or what was wrong with the plugin's import."""

    plugin: Plugin
    name: str
    check: Check | None = None
    subject: Subject | None = None
    error: PluginError | None = None


def plugin_checks(plugin: str | Path | None = None) -> Callable[[Case], None]:
    """A test function for pytest, parametrized over the plugin's components and their checks.

    They run in pytest's own process, so that a debugger works; the import is looked at in a fresh one.

    Args:
        plugin: A file, absolute or beside the test file; or the name of an installed plugin's entry point; None: all
            installed plugins.

    Raises:
        UserError: There is no such file or plugin.
    """
    import pytest

    folder = Path(sys._getframe(1).f_globals.get("__file__", "here")).parent
    cases = [case for chosen in _plugins(plugin, folder) for case in _cases(chosen)]

    @pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])
    def test_plugin(case: Case) -> None:
        if case.error:
            pytest.fail(f"{case.error.message}\n{case.error.hint or ''}", pytrace=False)
        assert case.check and case.subject
        limit = case.subject.component.limits.get(case.check.name)
        if limit:
            pytest.xfail(f"limit: {limit}")
        if case.check.name == IMPORTS[0]:
            _show(_imported(case.plugin)[case.subject.name])
            return
        try:
            case.check.run(case.subject)
        except NotApplicable as reason:
            pytest.skip(str(reason))
        except Broken as broken:
            pytest.fail(f"{broken.found}\n{broken.mend}", pytrace=False)

    return test_plugin


def _show(result: CheckResult) -> None:
    import pytest

    if result.outcome == "failed":
        pytest.fail(f"{result.message}\n{result.hint}", pytrace=False)


def _plugins(plugin: str | Path | None, folder: Path) -> list[Plugin]:
    installed = installed_plugins()
    if plugin is None:
        return list(installed)
    if plugin in installed:
        return [str(plugin)]
    if isinstance(plugin, str) and not plugin.endswith(".py"):
        raise unknown("installed plugin", plugin, installed)
    return [read_plugin(folder / plugin)]


def _cases(plugin: Plugin) -> Iterator[Case]:
    from automl.testing.contract import checks_of
    from automl.testing.subject import Subject

    try:
        components = components_in(plugin)
    except PluginError as error:
        yield Case(plugin, f"{label(plugin)}-{IMPORTS[0]}", error=error)
        return
    for component in components:
        subject = Subject(component)
        for check in checks_of(component).values():
            yield Case(plugin, f"{subject.name}-{check.name}", check, subject)


@cache
def _imported(plugin: Plugin) -> dict[str, CheckResult]:
    """The check of the import, by component, from a fresh process."""
    return {result.component: result for result in run_checks([plugin], checks={IMPORTS[0]})}
