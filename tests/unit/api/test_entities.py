"""Types of entities on test, as a table and in a sentence."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.api.entities import entity_note, entity_rows
from automl.components import Task
from automl.evaluation import METRICS

NAMES = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


@pytest.fixture
def tested() -> tuple[Any, Any]:
    """A data set of two sentences, and a model that finds one of two places and calls a person a place."""
    task = Task(kind="token-classification", num_outputs=5, input_shape=(4,), class_names=NAMES, vocabulary_size=9)
    targets = np.array([[1, 2, 0, 3], [0, 1, -1, -1]])
    predicted = np.eye(5, dtype=np.float32)[[1, 2, 0, 1, 0, 0]]
    data = SimpleNamespace(task=task, test=SimpleNamespace(targets=targets))
    return data, SimpleNamespace(predictions=predicted)


def test_each_type_has_its_figures_and_all_have_the_metrics(tested: tuple[Any, Any]) -> None:
    data, model = tested
    places, people, whole = entity_rows(data, model)
    assert places == {"type": "LOC", "precision": 0.5, "recall": 0.5, "f1": 0.5, "entities": 2}
    assert people == {"type": "PER", "precision": 0.0, "recall": 0.0, "f1": 0.0, "entities": 1}
    assert whole["type"] == "all" and whole["entities"] == 3
    assert whole["f1"] == pytest.approx(METRICS["entity_f1"].compute(model.predictions, data.test.targets))


def test_the_most_frequent_types_are_told(tested: tuple[Any, Any]) -> None:
    rows = entity_rows(*tested)
    assert entity_note(rows) == (
        "Entities on test by type: LOC F1 0.5000 (precision 0.5000, recall 0.5000, 2 of them), "
        "PER F1 0.0000 (precision 0.0000, recall 0.0000, 1 of them)."
    )
    many = [{**rows[0], "type": f"T{number}", "entities": number} for number in range(10)]
    assert entity_note([*many, rows[-1]]).endswith("2 of them), and 2 more types.")
    assert "T9 F1" in entity_note([*many, rows[-1]]).partition(",")[0]
