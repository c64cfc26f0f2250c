"""Rows of a table: JSON {"rows": [{column: cell, ...}, ...]}, or CSV with a header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from http import HTTPStatus
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.serving.server.bodies import check_count, decoded, json_inputs
from automl.serving.server.problems import Problem, unprocessable
from automl.serving.server.reader import JSON, Reader, Schema, Unreadable
from automl.serving.server.schemas import listed

if TYPE_CHECKING:
    from automl.data import TablePreparation
    from automl.serving.server.settings import Limits

CSV = "text/csv"
LARGEST = 3e38
"""Of numbers: a float32 holds no larger one."""

ANYTHING: tuple[type, ...] = (str, int, float, bool)
CELLS: dict[str, tuple[type, ...]] = {"numeric": (int, float), "date": (str,), "text": (str,)}
"""Role -> what a cell may be in JSON beside null; in the other roles anything but lists and objects."""

TYPES: dict[str, Schema] = {
    "numeric": {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
    "date": {"type": "string"},
    "text": {"type": "string"},
}
ANY: Schema = {
    "anyOf": [
        {"type": "string"},
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": "boolean"},
    ]
}


class RowReader(Reader):
    """Columns that the model hasn't learned from are left alone; of the others none may lack."""

    media_types = (JSON, CSV)

    def __init__(self, preparation: TablePreparation, limits: Limits) -> None:
        self._preparation = preparation
        self._roles = {column.name: str(column.role) for column in preparation.columns}
        self._limits = limits

    def read(self, body: bytes, media_type: str, parameters: dict[str, str]) -> list[Any]:
        del parameters
        if media_type == CSV:
            return self._read_csv(decoded(body))
        rows = json_inputs(body, "rows", self._limits.batch)
        for row in rows:
            self._check(row)
        return rows

    def _check(self, row: Any) -> None:
        if not isinstance(row, dict):
            raise unprocessable("Each of the rows must be an object: column, cell.")
        self._check_names(row)
        for name, role in self._roles.items():
            cell, allowed = row[name], CELLS.get(role, ANYTHING)
            is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
            if cell is None or (is_number and int in allowed and abs(cell) <= LARGEST):
                continue
            if is_number or not isinstance(cell, allowed) or (isinstance(cell, bool) and bool not in allowed):
                raise unprocessable(f"{name} is {role}: a cell must be {_wording(role)} or null.")

    def _check_names(self, names: Any) -> None:
        missing = [name for name in self._roles if name not in names]
        if missing:
            raise unprocessable(
                f"A row lacks {len(missing)} of the {len(self._roles)} columns that the model has learned from: "
                f"{', '.join(missing[:5])}{', ...' * (len(missing) > 5)}. A cell may be null, but not missing."
            )

    def _read_csv(self, text: str) -> list[Any]:
        try:
            lines = [line for line in csv.reader(StringIO(text, newline=""), strict=True) if line]
        except csv.Error:
            raise Problem(HTTPStatus.BAD_REQUEST, "The body isn't valid CSV.") from None
        header = lines[0] if lines else []
        check_count(len(lines) - 1, self._limits.batch)
        if len(set(header)) < len(header):
            raise unprocessable("Two columns of the CSV have one name.")
        self._check_names(header)
        if any(len(line) != len(header) for line in lines):
            raise unprocessable("The lines of the CSV must have as many cells as the header.")
        return [dict(zip(header, line, strict=True)) for line in lines[1:]]

    def prepare(self, inputs: Sequence[Any]) -> tuple[np.ndarray, list[Unreadable]]:
        import pandas as pd

        frame = pd.DataFrame({name: _cells([row[name] for row in inputs]) for name in self._roles})
        rows = self._preparation.transform(frame)
        unread = self._preparation.unread(frame, rows)
        return rows, [Unreadable(int(place), name) for name, texts in unread.items() for place in texts.index]

    def schemas(self) -> dict[str, Schema]:
        cells = {name: {**TYPES.get(role, ANY), "nullable": True} for name, role in self._roles.items()}
        one: Schema = {"type": "object", "required": list(self._roles), "properties": cells}
        return {JSON: listed("rows", one, self._limits.batch), CSV: {"type": "string"}}

    def example(self) -> list[Any]:
        return [{name: 0.0 if role == "numeric" else None for name, role in self._roles.items()}]


def _wording(role: str) -> str:
    return {"numeric": "a number", "date": "a string", "text": "a string"}.get(role, "a string, number or boolean")


def _cells(cells: list[Any]) -> Any:
    """Of numbers an array, which is read at once."""
    if all(cell is None or type(cell) in (int, float) for cell in cells):
        return np.array(cells, np.float64)
    return cells
