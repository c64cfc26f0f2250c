import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

OPEN = """
import sys
from pathlib import Path
from automl.tracking import open_store
from automl.tracking.experiment import open_experiment
store = open_store(Path(sys.argv[1]))
print(open_experiment(store.client(), "digits", store.artifact_location))
"""


def test_two_searches_may_make_the_same_store_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    command = [sys.executable, "-c", OPEN, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    results = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    assert results[0][0] == results[1][0] == "1\n"
    assert [errors for _, errors in results] == ["", ""]
