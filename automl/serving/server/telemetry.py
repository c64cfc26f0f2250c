"""Figures for Prometheus, and a line of JSON for each request. Neither has anything of a request's body."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from automl.serving.server.live import Loaded

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
INPUTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Figures:
    """Those of one server."""

    def __init__(self, loaded: Loaded) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("automl_requests", "Requests", ("path", "status"), registry=self._registry)
        self._seconds = Histogram(
            "automl_request_seconds", "Seconds of requests", ("path",), buckets=SECONDS, registry=self._registry
        )
        self._batches = Histogram("automl_batch_inputs", "Inputs of batches", buckets=INPUTS, registry=self._registry)
        self._model = Gauge("automl_model", "The version that is served", ("name", "version"), registry=self._registry)
        self.serves(loaded)

    def serves(self, loaded: Loaded) -> None:
        """From now on."""
        self._model.clear()
        self._model.labels(loaded.name, loaded.version).set(1)

    def request(self, path: str, status: int, seconds: float) -> None:
        """
        Args:
            path: One that is served, or "other".
        """
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def batch(self, inputs: int) -> None:
        self._batches.observe(inputs)

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._registry)


class JsonLines(logging.Formatter):
    """A record as a line of JSON: time, level, event, and the record's `facts`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = getattr(record, "facts", {})
        return json.dumps({"time": at, "level": record.levelname.lower(), "event": record.getMessage(), **facts})


def log_to_stdout() -> None:
    """All that `automl.serving` and uvicorn log."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    for name in ("automl.serving", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger("automl.serving").setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
