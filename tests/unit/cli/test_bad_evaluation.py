"""What the user may get wrong about metrics, costs, groups of people and of files: refused before a search begins."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Search = Callable[..., Any]
WriteImages = Callable[..., Path]


def refused(ran: Any, home: Path, *texts: str) -> None:
    """The command ended with code 2 and said all of `texts`; no search was begun."""
    said = " ".join(ran.err.split())
    assert ran.code == 2 and said.startswith("Error: ") and "Traceback" not in said
    assert [text for text in texts if text not in said] == [], said
    assert not (home / "searches").exists()


@pytest.fixture
def three_classes(tmp_path: Path, write_images: WriteImages) -> Path:
    return write_images(tmp_path / "three", {"dark": 20, "light": 20, "white": 20})


@pytest.mark.parametrize(
    "arguments", [("--metric", "ks"), ("--constraint", "gini>=0.5"), ("--metric", "auc", "--constraint", "ks>=0.1")]
)
def test_a_metric_of_two_classes_for_three(
    search: Search, home: Path, three_classes: Path, arguments: tuple[str, ...]
) -> None:
    refused(search(*arguments, data=three_classes), home, "is for two classes; the data have 3. Choices: accuracy,")
    assert "All checks are passed." in search(*arguments).err, "the two classes of other data"
