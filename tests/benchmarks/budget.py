"""Wall-clock against the time budget: whole commands, from their start to their exit.

python tests/benchmarks/budget.py [SETTING ...]
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import machine

SETTINGS = {
    "60 s": (60, []),
    "90 s": (90, []),
    "90 s, not confirmed": (90, ["--confirm", "off"]),
    "90 s, refit": (90, ["--refit"]),
    "90 s, refit, not confirmed": (90, ["--confirm", "off", "--refit"]),
    # Batches of seconds: whatever asks before each batch comes late.
    "90 s, long batches": (
        90,
        ["--models", "resnet", "--image-size", "48", "--set", "training.batch_size=512", "--augmentations", "none"],
    ),
}
"""Name -> seconds, and further flags of `automl search` on the digits."""


def main() -> None:
    print(machine())
    print(f"{'setting':<28} {'budget':>7} {'wall-clock':>10} {'over':>7}  trials")
    for name in sys.argv[1:] or SETTINGS:
        budget, flags = SETTINGS[name]
        with tempfile.TemporaryDirectory() as folder:
            command = [str(Path(sys.executable).with_name("automl")), "search", "--time-budget", f"{budget}s", *flags]
            started = time.monotonic()
            ran = subprocess.run([*command, "--out", folder], capture_output=True, text=True, check=False)
            wall = time.monotonic() - started
        trials = sum(line.startswith("trial ") and "again" not in line for line in ran.stdout.splitlines())
        ended = "" if ran.returncode == 0 else f"  exit code {ran.returncode}: {ran.stderr[-200:]}"
        print(f"{name:<28} {budget:>5} s {wall:>8.1f} s {wall / budget - 1:>+7.1%}  {trials}{ended}", flush=True)


if __name__ == "__main__":
    main()
