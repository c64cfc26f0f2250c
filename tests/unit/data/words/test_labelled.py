"""Labelled words that a model is tested on once more."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from automl.data import Dataset
from automl.data.labelled import read_labelled
from automl.errors import UserError

Load = Callable[..., Dataset]


def test_they_are_laid_as_those_of_training_are(load: Load, make_conll: Callable[..., str], tmp_path: Path) -> None:
    data = load(make_conll(60))
    (tmp_path / "more.conll").write_text(make_conll(60))
    found = read_labelled(tmp_path / "more.conll", data.task, data.preparation, "tags")
    counts = sum((part.targets >= 0).sum() for part in (data.train, data.val, data.test))
    assert (found.targets >= 0).sum() == counts
    assert found.inputs.dtype == np.uint8 and len(found.inputs) == len(found.targets)


def test_types_that_the_model_does_not_know_are_refused(
    load: Load, make_conll: Callable[..., str], tmp_path: Path
) -> None:
    data = load(make_conll(60))
    (tmp_path / "more.conll").write_text("Monday B-DAY\n")
    with pytest.raises(UserError, match="entities of types that the model doesn't know: DAY") as refused:
        read_labelled(tmp_path / "more.conll", data.task, data.preparation, "tags")
    assert refused.value.hint == "Its types are LOC, PER."
