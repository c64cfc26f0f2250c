"""What is known of the model on test as files, for the winner's run in MLflow: figures, tables, JSON."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.api.entities import entity_rows
from automl.api.messages import Rows, message_tables, write_coverage
from automl.evaluation.figures import draw_reliability
from automl.evaluation.gains import gains, reliability
from automl.evaluation.sample import labels_of
from automl.search.runner import Plan

if TYPE_CHECKING:
    from automl.api.final_test import FinalTest
    from automl.api.tested import Tested
    from automl.data import Dataset

FOLDER = "evaluation"


def write_files(plan: Plan, tested: FinalTest) -> Path:
    """Writes them into the search's folder.

    `test.json`: all figures with their intervals; of classes `reliability.png`; of two classes `gains.csv`; and
    `groups.csv` where columns are protected; of messages `confusions.csv`, `doubtful_labels.csv`, `coverage.csv` and
    `coverage.png`; of entities `entities.csv`.
    """
    folder = plan.folder / FOLDER
    folder.mkdir(exist_ok=True)
    task, targets, model = plan.data.task, labels_of(plan.data.test.targets), tested.registered
    if task.is_classification:
        how = "not calibrated" if model.adjustment.reason else f"calibrated by {model.adjustment.calibration.kind}"
        before = {} if model.adjustment.reason else {"as trained": model.uncalibrated}
        curves = {**before, how: model.predictions}
        binary = task.num_classes == 2
        what = f"probability of {task.class_names[1]}" if binary else "probability of the likeliest class"
        bins = {name: reliability(predicted, targets) for name, predicted in curves.items()}
        draw_reliability(folder / "reliability.png", bins, what)
        if binary:
            _write_rows(folder / "gains.csv", [asdict(tenth) for tenth in gains(model.predictions, targets)])
    if tested.groups:
        rows = [{"column": found.column, **asdict(group)} for found in tested.groups for group in found.groups]
        _write_rows(folder / "groups.csv", rows)
    tables = _tables(plan.data, model) if task.is_text else {}
    if tested.coverage:
        tables["coverage.csv"] = write_coverage(folder, tested.coverage)
    for name, table in tables.items():
        _write_rows(folder / name, table)
    (folder / "test.json").write_text(json.dumps(_finite(_described(tested)), indent=2), encoding="utf-8")
    return folder


def _tables(data: Dataset, model: Tested) -> Rows:
    return {"entities.csv": entity_rows(data, model)} if data.task.is_per_word else message_tables(data, model)


def _described(tested: FinalTest) -> dict[str, Any]:
    model = tested.registered
    return {
        "registered": {name: asdict(figure) for name, figure in model.figures.items()},
        "winner": {name: asdict(figure) for name, figure in tested.winner.figures.items()},
        "default": tested.default,
        "baseline": tested.baseline,
        "calibration": model.adjustment.calibration.to_dict(),
        "threshold": model.adjustment.threshold,
        "decisions": [asdict(policy) for policy in tested.policies],
        "rejection": asdict(model.adjustment.choice) if model.adjustment.choice else None,
        "coverage": tested.coverage and {name: asdict(found) for name, found in tested.coverage.figures.items()},
        "groups": [asdict(found) for found in tested.groups],
        "notes": list(tested.notes),
    }


def _finite(value: Any) -> Any:
    """With null for what JSON has no number for."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_rows(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0].keys())
        writer.writeheader()
        writer.writerows({key: f"{v:.6g}" if isinstance(v, float) else v for key, v in row.items()} for row in rows)
