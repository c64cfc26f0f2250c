"""The search: what is proposed, how trials run, when it ends. The only package that imports Ray."""

from automl.search.cluster import Cluster, Shares, plan_shares
from automl.search.folders import new_search_folder, weights_of
from automl.search.records import Report, TrialRecord
from automl.search.runner import Plan, SearchResult, most_epochs, run_search
from automl.search.state import Watcher

__all__ = [
    "Cluster",
    "Plan",
    "Report",
    "SearchResult",
    "Shares",
    "TrialRecord",
    "Watcher",
    "most_epochs",
    "new_search_folder",
    "plan_shares",
    "run_search",
    "weights_of",
]
