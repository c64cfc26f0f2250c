"""`automl --help`: the median of whole processes, beside an empty Python process.

python tests/benchmarks/cli_help.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEAT = 10


def median_of(command: list[str]) -> float:
    times = []
    for _ in range(REPEAT):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    automl = str(Path(sys.executable).parent / "automl")
    print(f"python -c pass: {median_of([sys.executable, '-c', 'pass']):.3f} s")
    print(f"automl --help: {median_of([automl, '--help']):.3f} s (to reach: 0.5)")


if __name__ == "__main__":
    main()
