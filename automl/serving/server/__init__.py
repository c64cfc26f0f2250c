"""Predictions over HTTP. Importing this imports neither torch nor FastAPI."""

from automl.serving.server.live import Source
from automl.serving.server.run import serve
from automl.serving.server.settings import Limits, Settings

__all__ = ["Limits", "Settings", "Source", "serve"]
