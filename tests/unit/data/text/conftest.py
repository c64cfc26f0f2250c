from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from automl.data import Dataset, TextOptions, load_text

OPTIONS = set(TextOptions.__dataclass_fields__)
QUESTIONS = {
    "refund": "when do i get the money for order {} back",
    "track": "where is my parcel number {}",
    "cancel": "please cancel what i ordered, its number is {}",
}


@pytest.fixture
def tickets() -> pd.DataFrame:
    """60 messages of three intents."""
    rows = [(QUESTIONS[label].format(number * 37), label) for number in range(20) for label in QUESTIONS]
    return pd.DataFrame(rows, columns=["text", "label"])


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    """load(frame, text=..., ...) -> the data set of messages, of a CSV file's by default."""

    def make(content: Any, **given: Any) -> Dataset:
        path = content
        if not isinstance(content, Path):
            path = tmp_path / "tickets.csv"
            content.to_csv(path, index=False)
        options = TextOptions(**{name: given.pop(name) for name in OPTIONS & set(given)})
        return load_text(path, options, task_kind="text-classification", **given)

    return make
