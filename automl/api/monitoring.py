"""New data beside those that a registered model was made with."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.config import find_home
from automl.errors import Notice, UserError
from automl.evaluation import metrics_of
from automl.evaluation.interval import Estimate, estimates
from automl.monitoring import Findings, draw_rows, read_profile, some_rows
from automl.report.drift import write_drift_report
from automl.tracking import Store, open_store
from automl.tracking.monitoring import record_monitoring

if TYPE_CHECKING:
    import pandas as pd

    from automl.registry import Evidence
    from automl.training.trained import TrainedModel

REPORT, FOUND = "drift.html", "drift.json"


def monitor_model(
    reference: str,
    data: str | Path,
    *,
    out: str | Path | None = None,
    found: str | Path | None = None,
    target: str | None = None,
    home: str | Path | None = None,
    trust_plugins: bool = False,
) -> Findings:
    """Compares new data with the profile of a registered model, and records that in MLflow.

    Args:
        reference: `NAME`, `NAME@ALIAS` or `NAME/VERSION`.
        data: What `automl.predict` takes.
        out, found: Files to write, HTML and JSON; None: they are in MLflow alone.
        target: The column of the labels, where the data have one; None: the one that the model was trained for.
        home: The folder that searches wrote to; None: `AUTOML_HOME`, else `automl_runs/`.
        trust_plugins: Whether to run plugins that a model of a remote store carries.

    Raises:
        UserError: There is no such model, it has no profile, or the data can't be read.
    """
    from automl.registry import find_model
    from automl.registry.resolve import connect, find_version
    from automl.registry.versions import exhibit
    from automl.training.trained import TrainedModel

    store, source = open_store(find_home(home)), Path(data).expanduser()
    version = find_version(store, reference)
    name = f"{version.name}/{version.version}"
    bundle = find_model(store, name, trust_plugins=trust_plugins)
    profile, model = read_profile(bundle, name), TrainedModel.load(bundle)
    evidence = exhibit(connect(store), version.name, str(version.version)).evidence
    rows, frame, count = _read(source, model)
    shifts, predictions = profile.shifts(model, rows)
    scores, notes = _scores(frame, predictions, model, target, evidence)
    findings = Findings(name, source.name, count, len(rows), shifts, scores, notes)
    _write(store, findings, out, found)
    return findings


def _read(source: Path, model: TrainedModel) -> tuple[np.ndarray, pd.DataFrame | None, int]:
    """Some rows as the model takes them, and as they were read; how many there are in all."""
    from automl.data import ImagePreparation, TablePreparation, Unread, load_inputs, read_blocks, read_message_blocks

    preparation = model.preparation
    if isinstance(preparation, ImagePreparation):
        images, _ = load_inputs(source, preparation)
        return images[some_rows(len(images))], None, len(images)
    if model.task.is_per_word:
        return _read_words(source, model)
    if isinstance(preparation, TablePreparation):
        frame, count = draw_rows(read_blocks(source))
    else:
        frame, count = draw_rows(read_message_blocks(source, preparation.columns))
    if not count:
        raise _empty(source)
    rows = preparation.transform(frame)
    if isinstance(preparation, TablePreparation):
        unread = Unread(preparation, source.name)
        unread.look(frame, rows)
        if unread.note:
            warnings.warn(unread.note, Notice, stacklevel=3)
    return rows, frame, count


def _read_words(source: Path, model: TrainedModel) -> tuple[np.ndarray, None, int]:
    import pandas as pd

    from automl.data import TextPreparation, read_marked_blocks
    from automl.data.words.marked import lay

    assert isinstance(model.preparation, TextPreparation)
    blocks = read_marked_blocks(source, model.preparation)
    frame, count = draw_rows(pd.DataFrame({"message": pd.Series(block, dtype=object)}) for _, block in blocks)
    if not count:
        raise _empty(source)
    return lay(frame["message"].tolist(), model.preparation.words), None, count


def _empty(source: Path) -> UserError:
    return UserError(f"{source} has no rows.", hint="Name a file with some: --data FILE")


def _scores(
    frame: pd.DataFrame | None,
    predictions: np.ndarray,
    model: TrainedModel,
    target: str | None,
    evidence: Evidence | None,
) -> tuple[dict[str, tuple[Estimate | None, Estimate]], tuple[str, ...]]:
    """Where rows have targets, metrics on them beside those of the registration; and what to know of them."""
    from automl.data.labelled import targets_of
    from automl.data.table.target import check_column

    column = target or (evidence.target if evidence else "")
    if frame is None or (target is None and column not in frame.columns):
        return {}, ()
    check_column(frame, column, "--target")
    targets = targets_of(frame[column], model.task)
    known = targets >= 0 if model.task.is_classification else np.isfinite(targets).all(1)
    if not known.any():
        return {}, (f"No row has a {column} that the model knows.",)
    metrics = {metric.name: metric for metric in metrics_of(model.task)}
    now = estimates(metrics, predictions[known], targets[known], seed=0)
    left = f"{(~known).sum():,} of the rows have no {column} that the model knows." if not known.all() else ""
    return {name: (_registered(evidence, name), figure) for name, figure in now.items()}, tuple(filter(None, [left]))


def _registered(evidence: Evidence | None, metric: str) -> Estimate | None:
    if evidence is None or metric not in evidence.test:
        return None
    return Estimate(evidence.test[metric], *evidence.intervals.get(metric, (np.nan, np.nan)))


def _write(store: Store, findings: Findings, out: str | Path | None, found: str | Path | None) -> None:
    """Both files, to where they are wanted and to MLflow. Where that can't be written to, a `Notice` says so."""
    with TemporaryDirectory() as folder:
        files = {REPORT: out, FOUND: found}
        write_drift_report(Path(folder) / REPORT, findings)
        (Path(folder) / FOUND).write_text(json.dumps(findings.to_dict(), indent=2), encoding="utf-8")
        for name, wanted in files.items():
            if wanted is not None:
                shutil.copyfile(Path(folder) / name, Path(wanted).expanduser())
        try:
            record_monitoring(store, findings.model, "\n\n".join(findings.lines), _figures(findings), Path(folder))
        except Exception as error:  # stores of files have errors of their own
            warnings.warn(f"This isn't recorded in MLflow: {error}", Notice, stacklevel=3)


def _figures(findings: Findings) -> dict[str, Any]:
    by_kind = {
        f"{kind}_drift": max((s.distance for s in findings.shifts if s.kind == kind), default=0.0)
        for kind in ("feature", "prediction")
    }
    scores = {f"new_{name}": now.value for name, (_, now) in findings.scores.items()}
    drift = {"drift_share": findings.share, "drifted": len(findings.drifted), "rows": findings.rows}
    return {**drift, **by_kind, **scores}
