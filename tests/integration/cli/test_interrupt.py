import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.tracking import open_store

pytestmark = pytest.mark.integration


def test_ctrl_c_once_registers_the_best_so_far(tmp_path: Path, write_images: Callable[..., Path]) -> None:
    write_images(tmp_path / "images", {"dark": 30, "light": 30})
    command = [str(Path(sys.executable).with_name("automl")), "search", "--data", "images", "--trials", "100000"]
    command += ["--models", "mlp", "--set", "training.epochs=3", "--workers", "1"]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOML_", "MLFLOW_", "RAY_"))}
    with subprocess.Popen(
        command, cwd=tmp_path, env=own | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout and process.stderr
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("trial "):
                os.killpg(process.pid, signal.SIGINT)  # the terminal sends it to the whole group
                break
        rest, errors = process.communicate(timeout=240)
    out = "".join(lines) + rest
    assert process.returncode == 130, out + errors
    assert "Interrupted: what was done until then stays." in out
    assert "(interrupted)" in out
    assert "Registered as images version 1, alias" in out
    assert "Traceback" not in errors

    client = open_store(tmp_path / "automl_runs").client()
    assert set(client.get_registered_model("images").aliases) <= {"champion", "challenger"}
    runs = client.search_runs([client.get_experiment_by_name("images").experiment_id])
    (search,) = (run for run in runs if run.data.tags["automl.role"] == "search")
    assert (search.info.status, search.data.tags["automl.state"]) == ("KILLED", "interrupted")
    assert {run.info.status for run in runs if run is not search} <= {"FINISHED", "KILLED"}, "none is left running"
