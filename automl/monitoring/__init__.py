"""Whether new data still look like those that a model was made with. Importing this imports no torch."""

from automl.monitoring.drift import find_shifts, judge
from automl.monitoring.findings import DRIFT, Findings, Shift
from automl.monitoring.profile import Profile, profile_of, read_profile, write_profile
from automl.monitoring.sample import MOST_ROWS, draw_rows, some_rows

__all__ = [
    "DRIFT",
    "MOST_ROWS",
    "Findings",
    "Profile",
    "Shift",
    "draw_rows",
    "find_shifts",
    "judge",
    "profile_of",
    "read_profile",
    "some_rows",
    "write_profile",
]
