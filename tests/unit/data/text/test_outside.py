"""Messages that no class fits come from files of their own, or are a label among the others."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from automl.data import Dataset, texts_of
from automl.errors import UserError

Load = Callable[..., Dataset]


@pytest.fixture
def outside(tmp_path: Path) -> str:
    path = tmp_path / "outside.csv"
    pd.DataFrame({"text": [f"tell me joke {number}" for number in range(30)] + ["tell me joke 1"]}).to_csv(path)
    return str(path)


def counts(data: Dataset, label: str) -> list[int]:
    place = data.task.class_names.index(label)
    return [int((part.targets == place).sum()) for part in (data.train, data.val, data.test)]


def test_a_third_of_one_file_is_for_each_split(load: Load, tickets: pd.DataFrame, outside: str) -> None:
    data = load(tickets, out_of_scope=(outside,))
    assert counts(data, "out_of_scope") == [10, 10, 10]
    assert "Out of scope: 10 train, 10 val, 10 test, split with seed 0." in data.report.lines()
    assert data.train.ids[-1].startswith("outside.csv ")


def test_those_of_a_test_file_are_tested_on(load: Load, tickets: pd.DataFrame, outside: str, tmp_path: Path) -> None:
    (tmp_path / "later.txt").write_text("tell me joke 1\nwhat time is it\n")
    data = load(tickets, out_of_scope=(outside,), out_of_scope_test=str(tmp_path / "later.txt"))
    assert counts(data, "out_of_scope") == [15, 15, 2]
    assert texts_of(data.test.inputs)[-1] == "what time is it"
    assert "1 of test's are among those learned from" in "\n".join(data.report.lines())


def test_they_join_a_label_that_the_table_has(load: Load, tickets: pd.DataFrame, outside: str) -> None:
    data = load(tickets, out_of_scope=(outside,), rejects="track")
    assert data.task.class_names == ("cancel", "refund", "track")
    assert counts(data, "track")[0] == 13 + 10


@pytest.mark.parametrize(
    ("files", "given", "message"),
    [
        ({"few.txt": "one\ntwo\n"}, {"out_of_scope": ("few.txt",)}, "needs 6 different messages at least"),
        ({"a.csv": "body,x\nhello,1\n"}, {"out_of_scope": ("a.csv",)}, "There is no column 'text'"),
        ({}, {"out_of_scope": ("gone.csv",)}, "There is no "),
        ({"a.txt": "hello"}, {"out_of_scope_test": "a.txt"}, "tests what --out-of-scope gives examples of"),
    ],
)
def test_what_cannot_be_used_is_refused(
    load: Load,
    tickets: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    given: dict[str, object],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message):
        load(tickets, **given)
