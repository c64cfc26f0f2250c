"""Reading, checking and preparing a table, and predicting many rows of it: seconds, rows per second, memory.

python tests/benchmarks/tables.py [SEARCHED_HOME]

With the folder of results of a search on the same table, its champion of the domain tables predicts a million rows.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from common import machine, shared

from automl.data import TableOptions, load_table, read_blocks

TARGET = "default_payment_next_month"
ROWS = 1_000_000
TO_REACH = 3.0


def main() -> None:
    folder = shared("finance/uci_credit_default")
    print(machine())
    warm_up()
    started = time.perf_counter()
    options = TableOptions(target=TARGET, test=str(folder / "test.csv"))
    data = load_table(folder / "train.csv", options, task_kind="table-classification")
    seconds, rows = time.perf_counter() - started, len(data.train) + len(data.val)
    print(
        f"read, profiled, checked and prepared {rows:,} rows and {len(data.test):,} of test: {seconds:.2f} s "
        f"(to reach: {TO_REACH:g})"
    )
    if len(sys.argv) > 1:
        predict_many(folder / "train.csv", Path(sys.argv[1]))


def warm_up() -> None:
    """The figure is after imports."""
    import cleanlab.filter
    import lightgbm
    import pandas
    import pyarrow.csv
    import sklearn.model_selection

    del cleanlab, lightgbm, pandas, pyarrow, sklearn


def predict_many(source: Path, home: Path) -> None:
    """As `automl predict` does, from file to file, and by the model alone on prepared rows."""
    import automl
    from automl.api import predict_blocks
    from automl.cli.predict import write_rows

    header, *lines = source.read_text().splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as temporary:
        many = Path(temporary) / "many.csv"
        with many.open("w") as file:
            file.write(header)
            for start in range(0, ROWS, len(lines)):
                file.writelines(lines[: ROWS - start])
        model = automl.load("tables@champion", home=home)
        before, started, count = peak_mb(), time.perf_counter(), 0
        with (Path(temporary) / "predictions.csv").open("wb") as file:
            for block in predict_blocks("tables@champion", many, home=home):
                write_rows(block, file, header=not count)
                count += len(block)
                if count == len(block) or count > ROWS - len(block):
                    print(f"  {count:,} rows, {peak_mb():,.0f} MB at the peak (before: {before:,.0f})")
        print(f"predicted: {count / (time.perf_counter() - started):,.0f} rows/s, from file to file")
        rows = model.preparation.transform(next(iter(read_blocks(many))))
        started = time.perf_counter()
        model.predict(rows)
        print(f"the model alone: {len(rows) / (time.perf_counter() - started):,.0f} rows/s")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
