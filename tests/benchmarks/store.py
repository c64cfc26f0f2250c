"""Making the store of a first search: automl's, and what MLflow does by itself.

    python tests/benchmarks/store.py [--times 3]

Each in a process of its own, in an empty folder, after the imports. Then it is written to: an experiment and a run.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from common import machine

WAYS = ("automl", "MLflow")


def measure(way: str, folder: Path) -> None:
    """Prints seconds of imports, of making the store, and of writing a first run to it."""
    from automl.tracking import open_store

    began = time.perf_counter()
    store = open_store(folder)
    import mlflow
    import mlflow.store.model_registry.sqlalchemy_store
    import mlflow.store.tracking.sqlalchemy_store

    imported = time.perf_counter()
    if way == "automl":
        client = store.client()
    else:
        client = mlflow.MlflowClient(store.tracking_uri)
        client.search_experiments(max_results=1)
    made = time.perf_counter()
    client.create_run(client.create_experiment("x", artifact_location=str(folder)))
    print(imported - began, made - imported, time.perf_counter() - made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        measure(options.way, options.folder)
        return
    print(machine())
    found: dict[str, list[list[float]]] = {}
    for way in WAYS * options.times:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--way", way, "--folder", folder]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found.setdefault(way, []).append([float(word) for word in printed.split()])
    for way, rows in found.items():
        imports, made, written = (median(column) for column in zip(*rows, strict=True))
        print(f"{way}: the store is made in {made:.2f} s after {imports:.1f} s of imports; a first run {written:.3f} s")


if __name__ == "__main__":
    main()
