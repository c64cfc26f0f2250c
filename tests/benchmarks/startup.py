"""From `automl search` to the first epoch, beside a bare script that imports torch and ray and calls `ray.init`.

    python tests/benchmarks/startup.py [--repeat 3]

Both are whole processes, by turns, so that the machine's mood falls on both.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = "import torch, ray; ray.init(include_dashboard=False, logging_level='ERROR', log_to_driver=False)"
OURS = """
import os, sys, time
from automl.api import run_experiment
from automl.config import load_experiment

class FirstEpoch:
    def trial_started(self, record): pass
    def trial_finished(self, record): pass
    def epoch_done(self, record, report):
        print("first epoch after", time.time() - {started}, flush=True)
        os._exit(0)

run_experiment(load_experiment(), out={out!r}, say=lambda line: None, watchers=[FirstEpoch()])
"""


def bare() -> float:
    started = time.time()
    subprocess.run([sys.executable, "-c", BARE], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.time() - started


def ours() -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = OURS.format(started=time.time(), out=str(Path(folder) / "runs"))
        done = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split("first epoch after")[1].split()[0])


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--repeat", type=int, default=3)
    pairs = []
    for _ in range(arguments.parse_args().repeat):
        pairs.append((bare(), ours()))
        print(f"bare {pairs[-1][0]:.1f} s, first epoch of automl {pairs[-1][1]:.1f} s", flush=True)
    ratio = statistics.median(ours / bare for bare, ours in pairs)
    print(f"median ratio {ratio:.2f} (to reach: 1.3)")


if __name__ == "__main__":
    main()
