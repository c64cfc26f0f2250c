"""Everything that is recorded in MLflow about a search and its trials. Importing this imports no mlflow."""

from automl.tracking.store import Store, environment, open_store
from automl.tracking.views import leaderboard_url, view_key
from automl.tracking.writer import Tracker

__all__ = ["Store", "Tracker", "environment", "leaderboard_url", "open_store", "view_key"]
