"""The card of a registered version."""

from typing import Any

from automl.registry.card import LONGEST, card, description
from automl.registry.evidence import Evidence


def evidence(**known: Any) -> Evidence:
    given: dict[str, Any] = {
        "search": "s-1",
        "trial": "003 lightgbm",
        "components": "lightgbm",
        "data": "loans",
        "data_digest": "abcdef",
        "test_digest": "123",
        "task": "table-classification",
        "metric": "auc",
        "validation": {"auc": 0.6546, "ece": 0.0152},
    }
    return Evidence(**given | known)


def page(**known: Any) -> list[str]:
    return card(evidence(**known)).splitlines()


def test_it_begins_with_what_it_is() -> None:
    assert page()[0] == "lightgbm, found by the search s-1 as trial 003 lightgbm."


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
    lines = page(notes=("Gain over the default: none.", "Another."), groups=("Groups by age: far apart.",))
    assert {"Gain over the default: none.", "Another.", "Groups by age: far apart."} <= set(lines)


def test_it_says_what_it_is_for_what_it_is_made_of_and_where_it_ends() -> None:
    lines = page(
        purpose="Credit risk.",
        rows={"train": 700, "test": 200},
        gates=("test_ece<=0.1",),
        training=("24 trials were trained.",),
        code=("The model lightgbm: Gradient boosting (Ke et al. 2017). (package automl 0.1.0)",),
    )
    assert "Credit risk. Task: table-classification." in lines
    assert "It was tested on 200 rows of loans alone: of data from elsewhere the figures say nothing." in lines
    assert "Gates: test_ece&lt;=0.1." in lines
    assert "How groups of people are treated wasn't compared." in lines
    assert "The model lightgbm: Gradient boosting (Ke et al. 2017). (package automl 0.1.0)" in lines
    assert "24 trials were trained." in lines


def test_script_in_names_is_shown_as_text() -> None:
    script = "<script>alert(1)</script>"
    text = card(
        evidence(classes=("good", script), data=script, groups=(f"Groups by {script}.",), notes=(f"[x]({script})",))
    )
    assert "<" not in text
    assert "Classes: good, &lt;script&gt;alert(1)&lt;/script&gt;." in text
    assert r"\[x\]" in text


def test_a_version_is_described_by_as_many_sections_as_its_page_holds() -> None:
    short = evidence(code=("The model lightgbm.",))
    assert description(short) == card(short).rstrip("\n")

    long = evidence(code=("x" * LONGEST,))
    assert len(description(long)) <= LONGEST
    assert "### Limits" in description(long) and "xxx" not in description(long)
    assert description(long).endswith("The rest stands in model_card.md among the model's files.")

    assert len(description(evidence(notes=("y" * LONGEST,)))) <= LONGEST
