"""Plugins as strangers write them: the check ends, its rows say what was found and how to mend it."""

from pathlib import Path
from typing import Any

import pytest

from automl.components import read_plugin
from automl.testing import CheckResult, run_checks

pytestmark = pytest.mark.integration

Results = dict[tuple[str, str], CheckResult]

HEADER = "from typing import Annotated\nfrom automl.plugin import *\n\n"
UNLOADABLE = {
    "syntax": ("def net(:", "SyntaxError in line 4: ", "check it again"),
    "raises": ("1 / 0", "ZeroDivisionError in line 4: division by zero", "check it again"),
    "empty": ("x = 1", "registers nothing", "Decorate a function with @model"),
    "missing": ("import no_such_package", "ModuleNotFoundError in line 4: No module named", "check it again"),
    "leaves": ("raise SystemExit(3)", "SystemExit in line 4: 3", "check it again"),
    "hangs": ("while True:\n    pass", "importing it didn't end within 5 s (line ", "a loop, a lock or a download"),
    "dies": ("import os\nos._exit(7)", "importing it ended its process, exit code 7", "never ends the process"),
    "crashes": (
        "import ctypes\nctypes.string_at(0)",
        "importing it was killed by SIGSEGV (line 5)",
        "never ends the process",
    ),
}
"""Name -> text, and what is found and advised."""

ARGUMENTS = {
    "out_of_range": ("a: Annotated[int, Int(1, 3)] = 4", "argument a: the default 4 isn't 1 to 3", "check it again"),
    "unknown_when": ('a: Annotated[int, Int(1, 3, when={"b": 1})] = 1', "argument a: when names 'b'", "check it again"),
    "circle": (
        'a: Annotated[int, Int(1, 3, when={"b": 1})] = 1, b: Annotated[int, Int(1, 3, when={"a": 1})] = 1',
        "the conditions of a, b depend on each other in a circle",
        "check it again",
    ),
    "bare": ("a", "argument a has no domain", "Write a: Annotated[float, Float(low, high)] = default"),
    "undecided": ("a: bool", "argument a has no default", "The default configuration is searched first"),
}
"""Name -> arguments of a regularizer, and what is found and advised."""

REGULARIZER = '''
{top}
@regularizer("{name}")
def calm({arguments}) -> Regularizer:
    """Calm."""
    import os, time
    class Calm(Regularizer):
        def penalty(self, model):
            {penalty}
    return Calm()
'''


def calm(name: str, top: str = "", arguments: str = "", penalty: str = "pass") -> str:
    """The source of a regularizer."""
    return REGULARIZER.format(**locals())


def checked(folder: Path, sources: dict[str, str], **more: Any) -> Results:
    """The results of plugins with these texts, by component (or file) and check."""
    for name, text in sources.items():
        (folder / f"{name}.py").write_text(HEADER + text)
    results = run_checks([read_plugin(folder / f"{name}.py") for name in sources], **more)
    return {(result.component, result.check): result for result in results}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """All that can be wrong with an import."""
    sources = {name: text for name, (text, _, _) in UNLOADABLE.items()}
    sources |= {name: calm(name, arguments=arguments) for name, (arguments, _, _) in ARGUMENTS.items()}
    sources["prints"] = calm("prints", top="print('hello')")
    sources["warns"] = calm("warns", top="import warnings\nwarnings.warn('old')")
    sources["threads"] = calm("threads", top="from threading import Thread\nThread(target=int, name='worker').start()")
    sources["quiet"] = calm("quiet")
    return checked(tmp_path_factory.mktemp("imported"), sources, import_limit=5, checks={"imports"})


@pytest.mark.parametrize("name", [*UNLOADABLE, *ARGUMENTS])
def test_what_cannot_be_imported_is_a_row_that_says_why_and_what_to_do(imported: Results, name: str) -> None:
    _, found, mend = (UNLOADABLE | ARGUMENTS)[name]
    row = imported[f"{name}.py", "imports"]
    assert row.outcome == "failed"
    assert found in row.message and mend in row.hint, f"{row.message}\n{row.hint}"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("prints", "importing it wrote 'hello'; an import prints nothing"),
        ("warns", "UserWarning: old"),
        ("threads", "importing it started worker; an import starts no threads"),
    ],
)
def test_an_import_that_does_more_than_register(imported: Results, name: str, found: str) -> None:
    row = imported[f"regularizer.{name}", "imports"]
    assert row.outcome == "failed" and found in row.message and row.hint


def test_the_others_do_not_suffer(imported: Results) -> None:
    assert imported["regularizer.quiet", "imports"].outcome == "passed"
    assert len(imported) == len(UNLOADABLE) + len(ARGUMENTS) + 4


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What hangs, ends the process or prints in a check."""
    sources = {
        "hangs": calm("hangs", penalty="while True: pass"),
        "dies": calm("dies", penalty="os._exit(3)"),
        "prints": calm("prints", penalty="print({'outcome': 'passed'}); os.write(1, b'[1]')"),
    }
    folder = tmp_path_factory.mktemp("killed")
    return checked(folder, sources, check_limit=10, checks={"hooks", "finite", "neutral"})


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What another process makes of a text."""
    beside = "from pathlib import Path\nFACTOR = Path(__file__).with_name('factor.txt').read_text()"
    sources = {
        "beside": calm("beside", top=beside),
        "process": calm("process", penalty="model[0].weight.data += os.getpid() / 1e4"),
    }
    folder = tmp_path_factory.mktemp("shipped")
    (folder / "factor.txt").write_text("2")
    return checked(folder, sources, checks={"ships"})


def test_a_check_that_hangs_is_killed_and_says_where(killed: Results) -> None:
    row = killed["regularizer.hangs", "finite"]
    assert row.outcome == "failed"
    assert "it didn't end within 10 s (line 12)" in row.message and "loop" in row.hint
    assert killed["regularizer.hangs", "neutral"].outcome == "not run"
    assert killed["regularizer.hangs", "neutral"].message == "finite had to be killed"


def test_a_check_that_ends_the_process_is_a_failure(killed: Results) -> None:
    row = killed["regularizer.dies", "finite"]
    assert row.outcome == "failed" and "it ended its process, exit code 3" in row.message
    assert killed["regularizer.dies", "neutral"].outcome == "not run"


def test_what_a_plugin_prints_does_not_disturb_the_results(killed: Results) -> None:
    outcomes = [killed["regularizer.prints", name].outcome for name in ("hooks", "finite", "neutral")]
    assert outcomes == ["passed", "passed", "does not apply"]


def test_a_text_that_needs_a_file_beside_it_does_not_ship(shipped: Results) -> None:
    row = shipped["regularizer.beside", "ships"]
    assert row.outcome == "failed"
    assert "another process that was sent its text refused it" in row.message and "FileNotFoundError" in row.message
    assert "nothing beside it is sent along" in row.hint


def test_a_result_that_another_process_does_not_give_is_a_failure(shipped: Results) -> None:
    row = shipped["regularizer.process", "ships"]
    assert row.outcome == "failed" and "another process that ran its text got another result" in row.message
