"""Digits, all defaults: test accuracy, median of seeds 0, 1, 2, and the wall-clock against the budget.

python tests/benchmarks/digits.py [--seed N]
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from common import machine, run_search


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, action="append")
    print(machine())
    accuracies = []
    for seed in arguments.parse_args().seed or (0, 1, 2):
        with tempfile.TemporaryDirectory() as folder:
            outcome, _, wall = run_search(Path(folder), seed=seed)
            budget = outcome.experiment.time_budget
            accuracies.append(outcome.test["accuracy"])
            print(
                f"seed {seed}: test accuracy {outcome.test['accuracy']:.4f}, {len(outcome.result.trials)} trials, "
                f"winner trial {outcome.best.number} {outcome.best.configuration}, "
                f"wall-clock {wall:.0f} s of {budget:.0f} s budget ({wall / budget - 1:+.1%})",
                flush=True,
            )
    print(f"median {statistics.median(accuracies):.4f} (to reach: 0.9897)")


if __name__ == "__main__":
    main()
