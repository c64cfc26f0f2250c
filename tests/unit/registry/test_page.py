"""The page of a registered version."""

from typing import Any

from automl.registry.page import describe
from automl.registry.promote import Evidence


def page(**known: Any) -> list[str]:
    given = {"validation": {"auc": 0.6546, "ece": 0.0152}, **known}
    evidence = Evidence(
        search="s-1", trial="003 lightgbm", components="lightgbm", data="loans", data_digest="abcdef", **given
    )
    return describe("auc", "auc 0.6546 beats the baseline.", evidence).splitlines()


def test_it_begins_with_what_it_is_and_why_it_has_its_place() -> None:
    first, _, reason, *_ = page()
    assert first == "lightgbm, found by the search s-1 as trial 003 lightgbm."
    assert reason == "auc 0.6546 beats the baseline."


def test_figures_are_a_table_with_the_deciding_metric_first() -> None:
    lines = page(
        test={"ece": 0.03, "auc": 0.6949},
        baseline={"auc": 0.5, "ece": 5.762e-09},
        intervals={"auc": (0.63714, 0.7488)},
        test_default={"auc": 0.677},
        test_baseline={"auc": 0.5},
    )
    start = next(place for place, line in enumerate(lines) if line.startswith("|"))
    assert [line.replace("&emsp;", "") for line in lines[start : start + 4]] == [
        "| metric | validation | baseline | test | 95 % interval | default on test | baseline on test |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| auc | 0.6546 | 0.5000 | 0.6949 | 0.637 to 0.749 | 0.6770 | 0.5000 |",
        "| ece | 0.0152 | 0.0000 | 0.0300 |  |  |  |",
    ]
    assert lines[start - 1] == "" and lines[start + 4] == "", "a table is a paragraph of its own"


def test_what_was_not_measured_has_no_column() -> None:
    assert "| metric&emsp; | validation |" in page()


def test_notes_are_paragraphs() -> None:
    lines = page(notes=("Gain over the default: none.", "Groups by age: far apart."))
    assert "Gain over the default: none." in lines and "Groups by age: far apart." in lines
