"""Memory of the driver: at the first epoch, and what each further trial adds.

    python tests/benchmarks/memory.py [--first 200] [--last 2000] [--sampler tpe]

Trials are those of overhead.py. The resident set of the process that proposes, records and writes to MLflow, read when
trial `first` and trial `last` have ended; MLflow is in it, the workers aren't.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from common import Stopwatch, machine, make_data, run_search

WORKERS = 2


def resident_mb() -> float:
    """The resident set of this process, in 10^6 bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


class Watch(Stopwatch):
    """Notes the memory after each trial, and at the first epoch as trial 0."""

    def __init__(self) -> None:
        super().__init__()
        self.memory: list[float] = []

    def epoch_done(self, record: Any, report: Any) -> None:
        super().epoch_done(record, report)
        self.memory = self.memory or [resident_mb()]

    def trial_finished(self, record: Any) -> None:
        super().trial_finished(record)
        self.memory.append(resident_mb())


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--first", type=int, default=200)
    arguments.add_argument("--last", type=int, default=2000)
    arguments.add_argument("--sampler", default="tpe")
    chosen = arguments.parse_args()
    print(machine(), flush=True)
    watch = Watch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder / "data.npz")
        run_search(
            folder / "runs",
            watch,
            data=str(folder / "data.npz"),
            trials=chosen.last,
            workers=WORKERS,
            scheduler="none",
            sampler=chosen.sampler,
            space={"model": ["mlp"], "training.epochs": 1},
        )
    start, first, last = (watch.memory[trial] for trial in (0, chosen.first, chosen.last))
    print(f"first epoch {start:.0f} MB, trial {chosen.first} {first:.0f} MB, trial {chosen.last} {last:.0f} MB")
    each = 1000 * (last - first) / (chosen.last - chosen.first)
    print(f"{each:.1f} KB per trial; to reach: 20 KB per trial, 350 MB at the start")


if __name__ == "__main__":
    main()
