"""The model that is served: loaded, warmed up, and exchanged for a newer version without a request being lost."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from automl.serving.server.reader import Reader, reader_for

if TYPE_CHECKING:
    from automl.serving.server.settings import Limits
    from automl.training.trained import TrainedModel

log = logging.getLogger(__name__)

WARM_UP = 3


class Source(Protocol):
    """Where the model comes from."""

    name: str

    def version(self) -> str:
        """That is to be served now; raises UserError where that can't be told."""

    def folder(self, version: str) -> Path:
        """The bundle of a version."""


@dataclass(frozen=True)
class Loaded:
    """A model that answers."""

    name: str
    version: str
    model: TrainedModel
    reader: Reader


class Live:
    """Loads what the source says.

    Raises:
        UserError: There is no such model, or it can't be loaded.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self.current = self._load(source.version())

    def refresh(self) -> bool:
        """Takes the source's version where that has changed, else keeps what there is; whether it has changed."""
        try:
            version = self._source.version()
            if version == self.current.version:
                return False
            self.current = self._load(version)
        except Exception as error:  # Whatever is wrong with the new one, the old one still answers.
            log.warning("kept", extra={"facts": {"version": self.current.version, "reason": type(error).__name__}})
            return False
        log.info("loaded", extra={"facts": {"version": self.current.version}})
        return True

    def _load(self, version: str) -> Loaded:
        from automl.training.trained import TrainedModel

        model = TrainedModel.load(self._source.folder(version))
        loaded = Loaded(self._source.name, version, model, reader_for(model.preparation, self._limits))
        for _ in range(WARM_UP):
            model.predict(loaded.reader.prepare(loaded.reader.example())[0])
        return loaded
