"""Early epochs on a part of the rows: of trials, of runs with other seeds, of the refit and of `automl train` alike."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from textwrap import dedent

import pytest

import automl
from automl.api.training import train_trial
from automl.errors import UserError

pytestmark = pytest.mark.integration

WithoutRay = Callable[[], AbstractContextManager[None]]

TRAIN, VAL, EPOCHS = 54, 18, 9
PLUGIN = """
    from pathlib import Path

    from automl.plugin import Task, model


    @model("counting", task="image-classification")
    def counting(task: Task):
        \"\"\"A linear model that notes how many rows it is trained on, and "-" where it predicts.\"\"\"
        from math import prod

        from torch import nn

        class Counting(nn.Sequential):
            def forward(self, images):
                with Path({seen!r}).open("a") as file:
                    file.write(f"{{len(images) if self.training else '-'}}\\n")
                return super().forward(images)

        return Counting(nn.Flatten(), nn.Linear(prod(task.input_shape), task.num_outputs))
"""


def rows_of_epochs(seen: Path) -> list[int]:
    lines = seen.read_text().splitlines()
    return [sum(map(int, rows)) for predicts, rows in groupby(lines, lambda line: line == "-") if not predicts]


def of(rows: int) -> list[int]:
    """A ninth, a third, then all."""
    return [rows // 9, *[rows // 3] * 2, *[rows] * (EPOCHS - 3)]


def test_whoever_is_trained_to_the_end_has_had_all_rows_for_most_epochs(
    tmp_path: Path, write_images: Callable[..., Path], without_ray: WithoutRay
) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "counting.py").write_text(dedent(PLUGIN).format(seen=str(seen)))
    for split, rows in (("train", TRAIN), ("val", VAL), ("test", VAL)):
        write_images(tmp_path / "images" / split, {"dark": rows // 2, "light": rows // 2})
    with without_ray():
        outcome = automl.search(
            tmp_path / "images",
            out=tmp_path / "runs",
            say=lambda line: None,
            plugins=[str(tmp_path / "counting.py")],
            space={"model": "counting", "training.epochs": EPOCHS, "training.batch_size": 6},
            fidelity="data",
            scheduler="asha",
            trials=1,
            confirm=1,
            refit=True,
        )
        searched = rows_of_epochs(seen)
        seen.unlink()
        trained = train_trial("last", 0, home=tmp_path / "runs", say=lambda line: None)
    best = outcome.run.best_epoch if outcome.run else 0
    assert searched[: 3 * EPOCHS] == 3 * of(TRAIN), "a trial, and two other seeds"
    assert sum(searched[3 * EPOCHS :]) == sum(of(TRAIN + VAL)[:best]), "the refit, which validates nothing between"
    assert rows_of_epochs(seen) == of(TRAIN)
    trial = outcome.result.trials[0]
    assert trained.figures.validation["accuracy"] == trial.best["val_accuracy"], "trained again it is the same"


def test_models_that_fit_themselves_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--fidelity data is for nets") as refused:
        automl.search(
            domain="tables",
            out=tmp_path / "runs",
            say=lambda line: None,
            fidelity="data",
            scheduler="asha",
            demo="credit",
            space={"model": ["lightgbm", "mlp"]},
        )
    assert "lightgbm would have all rows" in refused.value.message and "--models" in str(refused.value.hint)
