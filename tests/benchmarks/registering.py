"""Registering a winner of 10 MB (package, log, register, gate) beyond its test, and what a trial costs MLflow's writer.

    python tests/benchmarks/registering.py [--rows 6000] [--trials 200]

The store is a new sqlite database in a temporary folder. Imports and creating the store aren't counted: a search has
done both before its winner is known. The first version has no champion to beat; the second one is compared with it by a
paired bootstrap of 2,000 resamples of the test rows. A trial has 10 epochs with 3 metrics and 15 parameters: what the
driver waits for is posting it, the rest is a thread's.
"""

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from common import machine

from automl.components import Task
from automl.data import ImagePreparation
from automl.evaluation import METRICS
from automl.registry import Evidence, Rows, log_model, register
from automl.tracking import Store, Tracker, open_store

TASK = Task(kind="image-classification", num_outputs=2, input_shape=(1, 28, 28), class_names=("no", "yes"))
METRIC = "auc"


def new_tracker(store: Store, search: str) -> Tracker:
    return Tracker(
        store, experiment="x", search=search, description="d", params={}, tags={}, metric=METRIC, minimize=False
    )


def make_bundle(folder: Path, seed: int) -> Path:
    folder.mkdir()
    preparation = ImagePreparation(1, 28, 28, 255, (0.5,), (0.25,)).to_dict()
    described = {"format": 1, "task": asdict(TASK), "preparation": preparation, "configuration": {"model": "mlp"}}
    (folder / "model.json").write_text(json.dumps(described | {"plugins": [], "provenance": {}}))
    (folder / "model.safetensors").write_bytes(np.random.default_rng(seed).bytes(10_000_000))
    return folder


def version(rows: int, noise: float) -> tuple[Evidence, Rows]:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, rows)
    scores = targets + noise * rng.normal(0, 1, rows)
    positive = 1 / (1 + np.exp(0.5 - scores))
    predictions = np.stack([1 - positive, positive], axis=1).astype(np.float32)
    evidence = Evidence(
        search="s",
        trial="000 mlp",
        components="mlp",
        data="d",
        data_digest="a",
        test_digest="b",
        task=TASK.kind,
        metric=METRIC,
        validation={},
        test={METRIC: METRICS[METRIC].compute(predictions, targets)},
        test_baseline={METRIC: 0.5},
        gates=("test_auc>=0.5",),
    )
    return evidence, Rows(predictions, targets, "b")


def registering(store: Store, folder: Path, rows: int) -> None:
    with new_tracker(store, "s") as tracker:
        tracker.trial_started(0, "mlp", {"model": "mlp"})
        tracker.flush()
        for place, noise in enumerate((1.0, 0.5)):
            evidence, kept = version(rows, noise)
            bundle = make_bundle(folder / str(place), place)
            run_id = tracker.run_id(0)
            started = time.perf_counter()
            uri = log_model(store, run_id=run_id, bundle=bundle)
            logged = time.perf_counter()
            found = register(store, model_uri=uri, run_id=run_id, name="x", evidence=evidence, rows=kept)
            done = time.perf_counter()
            what = f"package and log {logged - started:.2f} s, register and gate {done - logged:.2f} s"
            print(f"version {found.version} ({found.alias}): {done - started:.2f} s, of it {what}")


def trials(store: Store, count: int) -> None:
    params = {f"training.p{number}": number for number in range(14)} | {"model": "mlp"}
    with new_tracker(store, "t") as tracker:
        tracker.flush()
        cpu, posted = time.process_time(), 0.0
        for number in range(count):
            began = time.perf_counter()
            tracker.trial_started(number, "mlp", params)
            for epoch in range(1, 11):
                tracker.epoch(number, epoch, {"train_loss": 0.1, "val_auc": 0.9, "lr": 0.01})
            tracker.trial_finished(number, status="finished", reason="done", summary={"best_auc": 0.9})
            posted += time.perf_counter() - began
        tracker.flush()
        cpu = time.process_time() - cpu
    print(
        f"{count} trials: {1000 * posted / count:.2f} ms each for the driver, {1000 * cpu / count:.1f} ms of CPU in all"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=6000, help="of the test split")
    parser.add_argument("--trials", type=int, default=200)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as made:
        own = open_store(Path(made) / "runs")
        own.client()
        registering(own, Path(made), options.rows)
        trials(own, options.trials)
