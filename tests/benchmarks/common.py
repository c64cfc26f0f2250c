"""What the benchmarks share: where the data is, a quiet search, a line about the machine."""

import os
import platform
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "shared"))
SHARED = Path(os.environ.get("AUTOML_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def machine() -> str:
    """CPUs and versions, for docs/benchmarks.md."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "ray", "optuna", "mlflow"))
    return f"{len(os.sched_getaffinity(0))} CPU cores, Python {platform.python_version()}, {packages}"


def shared(name: str) -> Path:
    """A real data set; ends the benchmark, saying so, where it is missing."""
    path = SHARED / name
    if not path.exists():
        raise SystemExit(f"skipped: {path} is missing (set AUTOML_SHARED_DATA)")
    return path


def make_data(path: Path) -> None:
    """512 random images 8 x 8 with labels that depend on them."""
    generator = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 256), ("val", 128), ("test", 128)):
        images = generator.integers(0, 256, (count, 8, 8), dtype=np.uint8)
        arrays |= {f"{split}_images": images, f"{split}_labels": (images.mean((1, 2)) > 127.5).astype(np.int64)}
    np.savez(path, **arrays)


@dataclass
class Stopwatch:
    """A watcher that notes when things happened, in seconds since it was made."""

    started: float = field(default_factory=time.monotonic)
    first_trial: float = 0.0
    first_epoch: float = 0.0
    last_trial: float = 0.0

    def _now(self) -> float:
        return time.monotonic() - self.started

    def trial_started(self, record: Any) -> None:
        self.first_trial = self.first_trial or self._now()

    def epoch_done(self, record: Any, report: Any) -> None:
        self.first_epoch = self.first_epoch or self._now()

    def trial_finished(self, record: Any) -> None:
        self.last_trial = self._now()


def run_search(out: Path, watch: Stopwatch | None = None, **flags: Any) -> tuple[Any, Stopwatch, float]:
    """One search in this process: its outcome, when things happened, and its wall-clock in seconds."""
    from automl.api import run_experiment
    from automl.config import load_experiment

    watch = watch or Stopwatch()
    outcome = run_experiment(
        load_experiment(flags=flags), out=out, say=lambda line: None, watchers=[watch], started=watch.started
    )
    return outcome, watch, time.monotonic() - watch.started
