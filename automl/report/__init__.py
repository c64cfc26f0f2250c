"""What a search came to as files for people: a page that needs nothing else, and the leaderboard as a table."""

from automl.report.leaderboard import write_leaderboard
from automl.report.page import write_report

__all__ = ["write_leaderboard", "write_report"]
