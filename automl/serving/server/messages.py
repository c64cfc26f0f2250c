"""Messages: JSON {"texts": [...]}, or one as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automl.serving.server.bodies import decoded, json_inputs
from automl.serving.server.problems import unprocessable
from automl.serving.server.reader import JSON, Reader, Schema, Unreadable
from automl.serving.server.schemas import listed

if TYPE_CHECKING:
    import numpy as np

    from automl.data import TextPreparation
    from automl.serving.server.settings import Limits

PLAIN = "text/plain"


class MessageReader(Reader):
    """Where the model's text has several columns, a message is an object with a text for each of them."""

    media_types = (JSON, PLAIN)

    def __init__(self, preparation: TextPreparation, limits: Limits) -> None:
        self._preparation = preparation
        self._columns = preparation.columns
        self._limits = limits

    def read(self, body: bytes, media_type: str, parameters: dict[str, str]) -> list[Any]:
        del parameters
        if media_type == PLAIN:
            return [dict.fromkeys(self._columns, "") | {self._columns[0]: decoded(body)}]
        return [self._message(text) for text in json_inputs(body, "texts", self._limits.batch)]

    def _message(self, text: Any) -> dict[str, str]:
        if isinstance(text, str) and len(self._columns) == 1:
            return {self._columns[0]: text}
        if len(self._columns) == 1:
            raise unprocessable("Each of the texts must be a string.")
        known = isinstance(text, dict) and set(text) == set(self._columns)
        if not known or not all(isinstance(part, str) for part in text.values()):
            raise unprocessable(f"Each of the texts must be an object with the strings {', '.join(self._columns)}.")
        return dict(text)

    def prepare(self, inputs: Sequence[Any]) -> tuple[np.ndarray, list[Unreadable]]:
        import pandas as pd

        return self._preparation.transform(pd.DataFrame.from_records(inputs, columns=list(self._columns))), []

    def schemas(self) -> dict[str, Schema]:
        one: Schema = {"type": "string"}
        if len(self._columns) > 1:
            one = {
                "type": "object",
                "required": list(self._columns),
                "properties": {name: {"type": "string"} for name in self._columns},
                "additionalProperties": False,
            }
        return {JSON: listed("texts", one, self._limits.batch), PLAIN: {"type": "string"}}

    def example(self) -> list[Any]:
        return [dict.fromkeys(self._columns, "How do I change my address?")]
