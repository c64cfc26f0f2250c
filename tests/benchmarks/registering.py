"""Registering a winner of 10 MB (package, log, register, gate) beyond its test, making its profile, and what a trial
costs MLflow's writer.

    python tests/benchmarks/registering.py [--rows 6000] [--trials 200]

The store is a new sqlite database in a temporary folder. Imports and creating the store aren't counted: a search has
done both before its winner is known. The first version has no champion to beat; the second one is compared with it by a
paired bootstrap of 2,000 resamples of the test rows. The profile is of images, as many in each split. A trial
has 10 epochs with 3 metrics and 15 parameters: what the driver waits for is posting it, the rest is a thread's.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from common import machine
from made_up import describe_bundle, tracker, version_of
from torch import nn

from automl.components import Task
from automl.data import ImagePreparation
from automl.monitoring import profile_of, write_profile
from automl.monitoring.profile import FILE
from automl.registry import log_model, register
from automl.tracking import Store, open_store
from automl.training.bundle import Part
from automl.training.trained import TrainedModel

TASK = Task(kind="image-classification", num_outputs=2, input_shape=(1, 28, 28), class_names=("no", "yes"))


def registering(store: Store, folder: Path, rows: int) -> None:
    targets = np.random.default_rng(0).integers(0, 2, rows)
    with tracker(store, "s") as search:
        search.trial_started(0, "mlp", {"model": "mlp"})
        search.flush()
        for place, noise in enumerate((1.0, 0.5)):
            evidence, kept = version_of(noise, targets, gates=("test_auc>=0.5",))
            bundle = describe_bundle(folder / str(place), np.random.default_rng(place).bytes(10_000_000))
            run_id = search.run_id(0)
            started = time.perf_counter()
            uri = log_model(store, run_id=run_id, bundle=bundle)
            logged = time.perf_counter()
            found = register(store, model_uri=uri, run_id=run_id, name="x", evidence=evidence, rows=kept)
            done = time.perf_counter()
            what = f"package and log {logged - started:.2f} s, register and gate {done - logged:.2f} s"
            print(f"version {found.version} ({found.alias}): {done - started:.2f} s, of it {what}")


def profiling(folder: Path, rows: int) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 3_000), nn.ReLU(), nn.Linear(3_000, 2)).eval()
    model = TrainedModel(TASK, ImagePreparation(1, 28, 28, 255, (0.5,), (0.25,)), (Part(folder, {}),), (net,))
    train, val, test = (np.random.default_rng(s).integers(0, 256, (rows, 1, 28, 28), np.uint8) for s in range(3))
    predictions = model.predict(test)
    started = time.perf_counter()
    write_profile(folder, profile_of(model, train, [val, test], test, predictions))
    done = time.perf_counter()
    print(f"profile: {done - started:.2f} s, {(folder / FILE).stat().st_size / 1000:.0f} kB")


def trials(store: Store, count: int) -> None:
    params = {f"training.p{number}": number for number in range(14)} | {"model": "mlp"}
    with tracker(store, "t") as search:
        search.flush()
        cpu, posted = time.process_time(), 0.0
        for number in range(count):
            began = time.perf_counter()
            search.trial_started(number, "mlp", params)
            for epoch in range(1, 11):
                search.epoch(number, epoch, {"train_loss": 0.1, "val_auc": 0.9, "lr": 0.01})
            search.trial_finished(number, status="finished", reason="done", summary={"best_auc": 0.9})
            posted += time.perf_counter() - began
        search.flush()
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
        profiling(Path(made), options.rows)
        registering(own, Path(made), options.rows)
        trials(own, options.trials)
