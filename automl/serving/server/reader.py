"""From a request's body to prepared rows: what each family of tasks does its own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from automl.data import ImagePreparation, Preparation, TablePreparation

if TYPE_CHECKING:
    import numpy as np

    from automl.serving.server.settings import Limits

JSON = "application/json"
Schema = dict[str, Any]


class Unreadable(NamedTuple):
    """A cell that counts as missing."""

    input: int
    column: str


class Reader(ABC):
    """Reads what one model takes. `read` is called where the request is, `prepare` for several requests together."""

    media_types: tuple[str, ...]
    """That a body may have; the first one is JSON."""

    @abstractmethod
    def read(self, body: bytes, media_type: str, parameters: dict[str, str]) -> list[Any]:
        """The inputs of a request.

        Args:
            media_type: One of `media_types`.
            parameters: Of the media type, such as the boundary.

        Raises:
            Problem: They aren't what the model takes.
        """

    @abstractmethod
    def prepare(self, inputs: Sequence[Any]) -> tuple[np.ndarray, list[Unreadable]]:
        """Rows as the model's preparation makes them, and the cells that couldn't be read."""

    @abstractmethod
    def schemas(self) -> dict[str, Schema]:
        """Media type -> schema of a body, as OpenAPI 3.0 has it."""

    @abstractmethod
    def example(self) -> list[Any]:
        """Inputs to warm the model up with."""


def reader_for(preparation: Preparation, limits: Limits) -> Reader:
    """The reader of a model's inputs."""
    from automl.serving.server.images import ImageReader
    from automl.serving.server.messages import MessageReader
    from automl.serving.server.rows import RowReader

    if isinstance(preparation, ImagePreparation):
        return ImageReader(preparation, limits)
    if isinstance(preparation, TablePreparation):
        return RowReader(preparation, limits)
    return MessageReader(preparation, limits)
