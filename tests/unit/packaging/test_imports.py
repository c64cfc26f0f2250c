"""Commands that only look something up answer at once: nothing heavy is imported."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "torchvision", "ray", "mlflow", "optuna", "sklearn", "pandas", "PIL")

PROGRAM = """
import sys
from automl.cli.main import app
app(sys.argv[1:], standalone_mode=False)
print("imported:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["search", "--help"], ["plugins", "list"]], ids=" ".join
)
def test_nothing_heavy_is_imported_by(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    *shown, imported = done.stdout.splitlines()
    assert shown, "the command printed nothing"
    assert set(imported.split()) & set(HEAVY) == set()
