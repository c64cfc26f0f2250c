"""What is known of a registered version, kept among its files: figures as JSON, and what it predicts for test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from automl.errors import UserError

FOLDER = "evidence"
FORMAT = 1
_FIGURES = "evidence.json"
_ROWS = "test.safetensors"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Where a model came from and how good it is; its gate goes by it and its card says it.

    Args:
        search: Name of the search.
        trial: The trial's run name ("017 resnet").
        components: What it is made of ("resnet + hflip").
        data: Name of the data set.
        data_digest: Fingerprint of the data and its split. test_digest: of the test rows: predictions are compared only
            where it is the same.
        task: Kind of task.
        metric: That its search was ranked by.
        validation: Metrics on the validation set.
        test: Metrics on the test set, which was read once. intervals: Of some of them, the ends of a 95 % interval.
        baseline: Metrics of the trivial baseline on the validation set.
        test_baseline: Metrics of the trivial baseline on the test set. test_default: Of the default configuration.
        figures: What gates may be about besides metrics (`automl.evaluation.gates.gate_figures`).
        gates: Of the experiment, as written there.
        seeds: Seeds that it was trained with.
        notes: Sentences on how it was chosen, such as its gain over the default.
        purpose: What the domain is for. classes: names. target: the column that is predicted, of a table.
        rows: Split -> number of rows.
        groups: How groups of people are treated, a sentence each.
        training: What it took to find and to train it, a sentence each.
        code: What it is made of, with the sources of its methods and code, a sentence each.
    """

    search: str
    trial: str
    components: str
    data: str
    data_digest: str
    test_digest: str
    task: str
    metric: str
    validation: Mapping[str, float]
    test: Mapping[str, float] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    test_baseline: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    test_default: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    gates: Sequence[str] = ()
    seeds: Sequence[int] = ()
    notes: Sequence[str] = ()
    purpose: str = ""
    classes: Sequence[str] = ()
    target: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    groups: Sequence[str] = ()
    training: Sequence[str] = ()
    code: Sequence[str] = ()

    def figure(self, name: str) -> float | None:
        """A figure that a gate is about; None where it isn't known."""
        found = {f"test_{metric}": value for metric, value in self.test.items()} | dict(self.figures)
        return found.get(name)


@dataclass(frozen=True, eq=False)
class Rows:
    """What a model predicts for labelled rows.

    Args:
        predictions: float32 (N, outputs): probabilities, or values.
        targets: int64 (N,) class indices, or float32 (N, outputs).
        digest: Of the rows: predictions for equal ones are compared row by row.
    """

    predictions: np.ndarray
    targets: np.ndarray
    digest: str


def write_evidence(folder: Path, evidence: Evidence, rows: Rows) -> None:
    """Writes both into `folder`, which is made."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    known = {name: _finite(value) for name, value in asdict(evidence).items()}
    text = json.dumps({"format": FORMAT, **known}, indent=2)
    (folder / _FIGURES).write_text(text, encoding="utf-8")
    arrays = {"predictions": rows.predictions, "targets": rows.targets}
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    save_file(contiguous, folder / _ROWS, metadata={"digest": rows.digest})


def _finite(value: Any) -> Any:
    """Without figures that aren't numbers, which JSON has no word for."""
    if not isinstance(value, Mapping):
        return value
    return {name: figure for name, figure in value.items() if np.isfinite(figure).all()}


def read_evidence(folder: Path) -> tuple[Evidence, Rows]:
    """What `write_evidence` wrote.

    Raises:
        UserError: It is damaged, or a newer version wrote it.
        FileNotFoundError: There is none.
    """
    from safetensors import SafetensorError, safe_open

    text = (folder / _FIGURES).read_text("utf-8")
    try:
        found: dict[str, Any] = json.loads(text)
        written = int(found.pop("format"))
        if written > FORMAT:
            raise UserError(
                f"{folder} was written by a newer version of automl (format {written}, this one knows {FORMAT}).",
                hint="Update automl.",
            )
        evidence = Evidence(**found)
        with safe_open(folder / _ROWS, framework="numpy") as file:
            rows = Rows(file.get_tensor("predictions"), file.get_tensor("targets"), file.metadata()["digest"])
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise UserError(
            f"{folder} is damaged: {error!r}.", hint="Restore it, or register the model again: automl train."
        ) from error
    return evidence, rows
