from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data import Dataset
from automl.data.table.load import TableOptions, load_table

OPTIONS = set(TableOptions.__dataclass_fields__)


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """write_csv("a,b\\n1,2\\n"), or of a frame or columns -> a CSV file."""

    def write(content: str | bytes | Mapping[str, Sequence[Any]] | pd.DataFrame, name: str = "rows.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, str | bytes):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        else:
            pd.DataFrame(content).to_csv(path, index=False)
        return path

    return write


@pytest.fixture
def loans() -> pd.DataFrame:
    """200 rows of each kind of column, with a target that half of them tell something about."""
    rng = np.random.default_rng(0)
    count = 200
    income = np.exp(rng.normal(10, 1, count)).round(2)
    return pd.DataFrame(
        {
            "loan_id": rng.permutation(np.arange(5_000, 5_000 + count)),
            "income": np.where(rng.random(count) < 0.1, np.nan, income),
            "owner": rng.choice(["yes", "no"], count),
            "purpose": rng.choice(["car", "home", "travel"], count),
            "bank": "ours",
            "default": np.where(income + rng.normal(0, 5_000, count) < 20_000, "late", "paid"),
        }
    )


@pytest.fixture
def load(write_csv: Callable[..., Path]) -> Callable[..., Dataset]:
    """load(content, target="y", task_kind=..., columns=...) -> the data set of a table, a CSV file's by default."""

    def make(content: Any, *, task_kind: str = "table-classification", **given: Any) -> Dataset:
        path = content if isinstance(content, Path) else write_csv(content)
        options = TableOptions(**{name: given.pop(name) for name in OPTIONS & set(given)})
        return load_table(path, options, task_kind=task_kind, **given)

    return make
