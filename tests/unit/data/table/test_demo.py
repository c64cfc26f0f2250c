"""The demo of finance: always the same made-up loans, of which something can be learned, and not everything."""

from pathlib import Path

import numpy as np

from automl.data import TableOptions, load_table
from automl.data.table.demo import ROWS, TARGET, write_credit


def test_it_is_read_as_any_file_and_always_the_same(tmp_path: Path) -> None:
    options = TableOptions(TARGET, folds=None)
    one, other = (
        load_table(write_credit(tmp_path / name), options, task_kind="table-classification") for name in ("a", "b")
    )
    assert one.digest == other.digest and one.task.class_names == ("no", "yes")
    assert len(one.train) + len(one.test) == ROWS and one.members == 5
    assert 0.1 < one.train.targets.mean() < 0.4


def test_roles_of_each_kind_come_up(tmp_path: Path) -> None:
    data = load_table(write_credit(tmp_path), TableOptions(TARGET), task_kind="table-classification")
    report = "\n".join(data.report.lines())
    for role in ("identifier", "date", "numeric", "categorical", "boolean"):
        assert role in report
    assert np.isnan(data.train.inputs).any(), "some incomes are missing"
