"""From a file of rows to splits of arrays."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data import Dataset
from automl.data.table.load import TableOptions, load_table

Load = Callable[..., Dataset]


def test_a_table_is_split_by_class_and_prepared(load: Load, loans: pd.DataFrame) -> None:
    data = load(loans, target="default")
    assert (data.name, data.task.kind, data.task.class_names) == ("rows", "table-classification", ("late", "paid"))
    assert data.task.input_shape == data.train.inputs.shape[1:] == (3,)
    assert (data.task.num_numeric, data.task.category_sizes) == (2, (5,))  # income, owner; purpose
    assert [len(part) for part in (data.train, data.val, data.test)] == [130, 30, 40]
    shares = [(part.targets == 0).mean() for part in (data.train, data.val, data.test)]
    assert np.ptp(shares) < 0.03
    assert data.train.inputs.dtype == np.float32 and data.train.targets.dtype == np.int64


def test_every_row_is_in_one_split_in_the_files_order(load: Load, loans: pd.DataFrame) -> None:
    data = load(loans, target="default")
    rows = [[int(name) for name in part.ids] for part in (data.train, data.val, data.test)]
    assert all(part == sorted(part) for part in rows)
    assert sorted(row for part in rows for row in part) == list(range(1, 201))
    labels = loans["default"].to_numpy()
    assert [data.task.class_names[label] for label in data.test.targets] == [labels[row - 1] for row in rows[2]]


def test_the_seed_decides_the_split(load: Load, loans: pd.DataFrame) -> None:
    first, again, other = (load(loans, target="default", seed=seed) for seed in (0, 0, 1))
    assert first.digest == again.digest != other.digest
    assert first.test.ids == again.test.ids != other.test.ids


def test_a_regression_is_split_by_the_size_of_its_target(load: Load, loans: pd.DataFrame) -> None:
    data = load(loans.dropna(), target="income", task_kind="table-regression")
    assert data.task.class_names == () and data.task.num_outputs == 1
    assert data.train.targets.dtype == np.float32 and data.train.targets.shape == (len(data.train), 1)
    medians = [np.median(part.targets) for part in (data.train, data.val, data.test)]
    assert max(medians) < 1.5 * min(medians)
    assert data.preparation.target == pytest.approx((data.train.targets.mean(), data.train.targets.std()))  # type: ignore[union-attr]


def test_a_test_file_is_the_test_split(load: Load, write_csv: Callable[..., Path], loans: pd.DataFrame) -> None:
    test = write_csv(loans.iloc[150:, ::-1].assign(more=1), "test.csv")  # columns in another order, and one more
    data = load(loans.iloc[:150], target="default", test=str(test))
    assert [len(part) for part in (data.train, data.val, data.test)] == [121, 29, 50]
    np.testing.assert_array_equal(data.test.targets, (loans["default"].iloc[150:] == "paid").astype(int))
    assert data.test.ids[0] == "1"
    assert "Not read: more of test.csv, which train lacks." in data.report.lines()


def test_a_folder_has_a_file_for_each_split(load: Load, write_csv: Callable[..., Path], loans: pd.DataFrame) -> None:
    for name, rows in {"train": slice(0, 120), "valid": slice(120, 150), "test": slice(150, 200)}.items():
        folder = write_csv(loans.iloc[rows], f"loans/{name}.csv").parent
    data = load(folder, target="default")
    assert [len(part) for part in (data.train, data.val, data.test)] == [120, 30, 50]
    assert data.name == "loans" and not any(" split by " in line for line in data.report.lines())


def test_what_is_prepared_is_learned_from_train_alone(load: Load, write_csv: Callable[..., Path]) -> None:
    train = pd.DataFrame({"x": [1.0, 2.0] * 50, "kind": ["a", "b"] * 50, "y": ["n", "m"] * 50})
    test = write_csv(pd.DataFrame({"x": [1e6] * 8, "kind": ["c"] * 8, "y": ["n", "m"] * 4}), "test.csv")
    data = load(train, target="y", test=str(test))
    assert max(data.preparation.quantiles[0]) == 2  # type: ignore[union-attr]
    np.testing.assert_array_equal(data.test.inputs, [[1e6, 1]] * 8)


def test_columns_that_are_asked_for_are_kept_as_they_are_read(load: Load, loans: pd.DataFrame) -> None:
    data = load(loans, target="default", protected=("purpose", "income"))
    rows = [int(name) - 1 for name in data.test.ids]
    assert list(data.test.columns["purpose"]) == list(loans["purpose"].iloc[rows])
    np.testing.assert_allclose(data.test.columns["income"], loans["income"].iloc[rows])


@pytest.mark.parametrize("suffix", ["tsv", "parquet", "jsonl"])
def test_other_files_hold_the_same_table(load: Load, loans: pd.DataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    if suffix == "tsv":
        loans.to_csv(path, sep="\t", index=False)
    elif suffix == "parquet":
        loans.to_parquet(path)
    else:
        loans.to_json(path, orient="records", lines=True)
    one, other = load(loans, target="default"), load(path, target="default")
    np.testing.assert_allclose(one.train.inputs, other.train.inputs, rtol=1e-6)
    np.testing.assert_array_equal(one.train.targets, other.train.targets)
    assert one.preparation == other.preparation


def test_the_report_shows_each_columns_role(load: Load, loans: pd.DataFrame) -> None:
    lines = "\n".join(load(loans, target="default", columns={"purpose": "ignore"}).report.lines())
    assert "rows: 200 rows, 5 columns beside the target default, 2 classes" in lines
    for words in (
        ("loan_id", "identifier", "0", "200"),
        ("income", "numeric", str(loans["income"].isna().sum())),
        ("owner", "boolean"),
        ("purpose", "ignore (given)"),
        ("bank", "constant", "0", "1", "ours (one value in all rows)"),
    ):
        assert any(all(word in line for word in words) for line in lines.splitlines()), words


def test_equal_test_rows_have_one_digest_whatever_train_is(write_csv: Callable[..., Path]) -> None:
    test = write_csv("age,job,late\n5,smith,yes\n6,,no\n7,cook,yes\n", "test.csv")
    rows = [f"{20 + row},{('smith', 'cook')[row % 2]},{('yes', 'no')[row % 3 == 0]}" for row in range(60)]
    first = write_csv("\n".join(["age,job,late", *rows]), "first.csv")
    second = write_csv(
        "\n".join(["age,job,late", *(f"{row.replace(',', '.5,', 1)}" for row in rows), ",cook,no"]), "second.csv"
    )

    def digests(train: Path, tested: Path) -> tuple[str, str]:
        data = load_table(
            train, TableOptions(target="late", test=str(tested), folds=0), task_kind="table-classification"
        )
        return data.digest, data.test_digest

    one, other = digests(first, test), digests(second, test)
    assert one[0] != other[0] and one[1] == other[1]
    changed = write_csv("age,job,late\n5,smith,yes\n6,,no\n8,cook,yes\n", "changed.csv")
    assert digests(first, changed)[1] != one[1]
