"""PneumoniaMNIST from scratch in 10 minutes: test AUC and accuracy of the winner, and the wall-clock.

python tests/benchmarks/pneumonia.py [--seed N] [--time-budget 10m]
"""

import argparse
import tempfile
from pathlib import Path

from common import machine, run_search, shared


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--time-budget", default="10m")
    chosen = arguments.parse_args()
    data = shared("medical/pneumoniamnist") / "pneumoniamnist.npz"
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        outcome, _, wall = run_search(
            Path(folder), domain="medical_imaging", data=str(data), time_budget=chosen.time_budget, seed=chosen.seed
        )
    budget = outcome.experiment.time_budget
    print(
        f"seed {chosen.seed}: test AUC {outcome.test['auc']:.4f} (to reach: 0.962), "
        f"test accuracy {outcome.test['accuracy']:.4f} (to reach: 0.884), validation {outcome.best.best}, "
        f"{len(outcome.result.trials)} trials, winner trial {outcome.best.number} {outcome.best.configuration}, "
        f"wall-clock {wall:.0f} s of {budget:.0f} s budget ({wall / budget - 1:+.1%})"
    )


if __name__ == "__main__":
    main()
