"""The leaderboard as a table."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from automl.evaluation.constraint import COSTS
from automl.files import replacing
from automl.search.records import TrialRecord, ranked
from automl.search.reruns import title
from automl.tracking import names

COLUMNS = ("rank", "trial", "ended", "why")


def in_order(trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """All trials: those with a model, the best first, then the others."""
    trials = list(trials)
    best = ranked(trials)
    numbers = {trial.number for trial in best}
    return [*best, *(trial for trial in trials if trial.number not in numbers)]


def write_leaderboard(file: Path, trials: Sequence[TrialRecord]) -> None:
    """Writes a row per trial, the best first: metrics of its best epoch on validation, costs, all parameters."""
    ordered = in_order(trials)
    metrics = dict.fromkeys(key for trial in ordered for key in trial.best if key.startswith("val_"))
    parameters = sorted({name for trial in ordered for name in trial.configuration})
    head = [*COLUMNS, "components", *metrics, "epoch", "epochs", "seconds", *COSTS, *parameters]
    with replacing(file) as path, path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, head, restval="")
        writer.writeheader()
        for rank, trial in enumerate(ordered, start=1):
            own: dict[str, object] = {
                "rank": rank if trial.merit else "",
                "trial": title(trial),
                "ended": trial.status,
                "why": trial.reason,
                "components": names.components(trial.configuration),
                "epoch": trial.best_epoch,
                "epochs": trial.epoch,
                "seconds": f"{trial.seconds:.1f}",
            }
            figures = {**{key: trial.best.get(key) for key in metrics}, **{cost: trial.figure(cost) for cost in COSTS}}
            writer.writerow(own | {key: _number(value) for key, value in figures.items()} | trial.configuration)


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.6g}"
