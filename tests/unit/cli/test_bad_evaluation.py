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


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("--cost", "fp=1"), ("cost (option --cost): must say what", "fp=1,fn=5", "got 'fp=1'")),
        (("--cost", "fp=1,false=5"), ("must say what flagging a negative and missing a positive cost",)),
        (("--cost", "fp=1,fn=-5"), ("must be two numbers above 0",)),
        (("--cost", "fp=0,fn=5"), ("must be two numbers above 0",)),
        (("--cost", "fp=1,fn=much"), ("must be two numbers, as in fp=1,fn=5",)),
        (("--cost", "fp=1,fn=5,fp=2"), ("must name each mistake once",)),
        (("--flag-rate", "1"), ("flag_rate (option --flag-rate): should be less than 1",)),
        (("--flag-rate", "0"), ("should be greater than 0",)),
        (("--flag-rate", "0.1", "--cost", "fp=1,fn=5"), ("both say where the threshold lies",)),
        (("--calibrate", "isotonic"), ("Unknown calibrate 'isotonic'. Choices: auto, off.",)),
        (("--positive", "lihgt"), ("Unknown class 'lihgt'. Choices: dark, light.", "Did you mean light?")),
        (("--protected", "sex"), ("protected (option --protected) is for tables; the task is image-classification.",)),
    ],
)
def test_what_is_decided_must_make_sense(
    search: Search, home: Path, arguments: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    refused(search(*arguments), home, *texts)


@pytest.mark.parametrize("arguments", [("--cost", "fp=1,fn=5"), ("--flag-rate", "0.1"), ("--positive", "dark")])
def test_a_decision_between_two_classes_for_three(
    search: Search, home: Path, three_classes: Path, arguments: tuple[str, ...]
) -> None:
    refused(search(*arguments, data=three_classes), home, f"{arguments[0]} is for two classes; the data have 3.")
    assert "All checks are passed." in search(*arguments).err, "the two classes of other data"


def test_the_positive_class_is_said(search: Search) -> None:
    assert "Positive class: light; for the other one, --positive dark." in search().out
    assert "Positive class: dark; for the other one, --positive light." in search("--positive", "dark").out


@pytest.fixture
def loans(tmp_path: Path) -> Path:
    rows = [f"{number},{'fm'[number % 2]},{number * 7 % 50},{'yn'[number % 3 % 2]}" for number in range(200)]
    path = tmp_path / "loans.csv"
    path.write_text("\n".join(["income,sex,age,default", *rows]))
    return path


def test_a_protected_column_that_is_not_there(search: Search, home: Path, loans: Path) -> None:
    table = ("--target", "default", "--protected")
    refused(search(*table, "sex,aeg", data=loans), home, "Unknown protected column 'aeg'", "Did you mean age")
    refused(search(*table, "default", data=loans), home, "Unknown protected column 'default'")
    assert "All checks are passed." in search(*table, "sex,age", data=loans).err


def test_protected_columns_of_a_regression(search: Search, home: Path, loans: Path) -> None:
    arguments = ("--target", "income", "--task", "table-regression", "--protected", "sex")
    refused(search(*arguments, data=loans), home, "--protected is for two classes; the task is table-regression.")
