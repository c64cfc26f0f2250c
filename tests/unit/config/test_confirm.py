"""The key `confirm`."""

from typing import Any

import pytest

from automl.config import Experiment, load_experiment
from automl.errors import UserError
from automl.search.confirm import how_many


@pytest.mark.parametrize(
    ("given", "kept"), [("auto", "auto"), ("off", "off"), (False, "off"), (True, "auto"), (3, 3), ("12", 12)]
)
def test_the_key_is_auto_off_or_a_number(given: object, kept: object) -> None:
    assert load_experiment(flags={"confirm": given}).confirm == kept


@pytest.mark.parametrize("given", ["on", 0, -1, 2.5, "", [3]])
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(UserError, match=r"confirm \(option --confirm\): must be auto, off, or how many"):
        load_experiment(flags={"confirm": given})


def test_without_a_time_budget_auto_confirms_nothing() -> None:
    def experiment(**keys: Any) -> Experiment:
        return load_experiment(flags={"trials": 5, **keys})

    assert [how_many(experiment(), deadline) for deadline in (None, 99.0)] == [0, 3]
    assert [how_many(experiment(confirm=2), deadline) for deadline in (None, 99.0)] == [2, 2]
    assert [how_many(experiment(confirm="off"), deadline) for deadline in (None, 99.0)] == [0, 0]
