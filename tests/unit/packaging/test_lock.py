"""What `make` installs is pinned by hash, and no file says where packages come from: that is the machine's business."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCK = ROOT / "requirements.lock"
REGISTRIES = re.compile(
    r"pypi\.(org|python)|pythonhosted|download\.pytorch|anaconda\.(org|com)|(extra-)?index[-_]url\s*=", re.I
)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """The files under version control."""
    git = shutil.which("git")
    listed = git and subprocess.run([git, "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True)
    if not listed or listed.returncode:
        pytest.skip("no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _requirements() -> list[str]:
    """The lock's entries, each with its hashes in one line."""
    text = re.sub(r"^\s*#.*\n", "", LOCK.read_text(encoding="utf-8"), flags=re.M)
    return text.replace("\\\n", " ").strip().splitlines()


def test_every_locked_requirement_is_exact_and_has_hashes() -> None:
    entries = _requirements()

    assert len(entries) > 50
    loose = [entry for entry in entries if not re.match(r"[\w.\-\[\]]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)]
    assert loose == []


def test_the_lock_holds_all_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = {_name(entry) for entry in _requirements()}

    assert {_name(requirement) for requirement in asked} - locked == set(), "run `make lock`"


def test_the_lock_names_no_address() -> None:
    assert "://" not in LOCK.read_text(encoding="utf-8")


def test_no_file_names_a_registry(tracked: list[Path]) -> None:
    naming = [
        str(file.relative_to(ROOT))
        for file in tracked
        if file != Path(__file__) and REGISTRIES.search(file.read_text(encoding="utf-8", errors="ignore"))
    ]

    assert naming == []


def test_uv_lock_is_not_tracked(tracked: list[Path]) -> None:
    assert ROOT / "uv.lock" not in tracked, "it holds the addresses of the registry it was made with"


def _name(requirement: str) -> str:
    """ "Ray[tune]>=2.60" -> "ray"."""
    match = re.match(r"[\w.\-]+", requirement)
    assert match, requirement
    return match[0].lower().replace("_", "-").replace(".", "-")
