"""Overhead per trial beyond its own training: 200 short trials on 2 workers, beside Ray Tune with its defaults.

    python tests/benchmarks/overhead.py [--trials 200] [--plain-trials 10]

A trial is one epoch of a small `mlp` on 256 images. Overhead is wall-clock per trial beyond what training takes
(building the model included): (wall-clock - sum of training / workers) / trials. Beside it in brackets the same as the
workers' time, which is `workers` times that. Plain Ray Tune trains the same trials with OptunaSearch, its callback for
MLflow (sqlite) and an actor per trial; fewer of them, as each takes seconds.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from common import machine, make_data, run_search

WORKERS = 2


def automl_overhead(data: Path, folder: Path, trials: int) -> float:
    flags = {"data": str(data), "trials": trials, "workers": WORKERS, "scheduler": "none"}
    outcome, watch, _ = run_search(folder / "runs", **flags, space={"model": ["mlp"], "training.epochs": 1})
    records = outcome.result.trials
    assert len(records) == trials and all(record.status == "finished" for record in records)
    # After the first epoch: bringing up two actors is no cost of a trial, and is told by startup.py.
    span = watch.last_trial - watch.first_epoch
    return (span - sum(record.seconds for record in records[WORKERS:]) / WORKERS) / (trials - WORKERS)


PLAIN = """
import sys, time
from pathlib import Path
import ray
from ray import tune
from ray.air.integrations.mlflow import MLflowLoggerCallback
from ray.tune.search.optuna import OptunaSearch

def train(config, data):
    import time
    started = time.monotonic()
    import torch
    from automl.components import load_catalog
    from automl.data import load_dataset
    from automl.evaluation import find_metric
    from automl.training import TrainingData
    from automl.training.device import DeviceData
    from automl.training.trainer import Trainer
    torch.set_num_threads(1)
    d = ray.get(data)
    started = time.monotonic()
    configuration = {{"model": "mlp", "model.mlp.width": config["width"], "model.mlp.depth": 2,
        "training.optimizer": "adamw", "training.lr": config["lr"], "training.batch_size": 64,
        "training.schedule": "cosine", "training.class_weights": "none", "training.epochs": 1}}
    trainer = Trainer(load_catalog(), DeviceData.on(torch.device("cpu"), d), configuration,
        metric=find_metric("accuracy", d.task.kind), seed=0, weights=Path("best.safetensors"))
    result = trainer.run_epoch()
    tune.report({{"accuracy": result.metrics["val_accuracy"], "own": time.monotonic() - started}})

if __name__ == "__main__":
    from automl.data import load_dataset
    from automl.training import TrainingData
    d = load_dataset({data!r}, cache=Path({folder!r}))
    ray.init(num_cpus={workers}, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    ref = ray.put(TrainingData(d.task, d.preparation, d.train.inputs, d.train.targets, d.val.inputs, d.val.targets))
    started = time.time()
    results = tune.Tuner(
        tune.with_resources(lambda config: train(config, ref), {{"cpu": 1}}),
        param_space={{"lr": tune.loguniform(3e-4, 0.1), "width": tune.lograndint(16, 256)}},
        tune_config=tune.TuneConfig(metric="accuracy", mode="max", search_alg=OptunaSearch(), num_samples={trials}),
        run_config=tune.RunConfig(storage_path={folder!r}, verbose=0, callbacks=[
            MLflowLoggerCallback(tracking_uri="sqlite:///" + {folder!r} + "/mlflow.db", experiment_name="plain")]),
    ).fit()
    own = [r.metrics["own"] for r in results]
    print("overhead", (time.time() - started - sum(own) / {workers}) / len(own))
"""


def plain_overhead(data: Path, folder: Path, trials: int) -> float:
    script = folder / "plain.py"
    script.write_text(PLAIN.format(data=str(data), folder=str(folder / "plain"), workers=WORKERS, trials=trials))
    done = subprocess.run([sys.executable, str(script)], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split("overhead")[-1])


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--trials", type=int, default=200)
    arguments.add_argument("--plain-trials", type=int, default=10)
    chosen = arguments.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder / "data.npz")
        ours = automl_overhead(folder / "data.npz", folder, chosen.trials)
        print(f"automl: {ours:.3f} s per trial ({WORKERS * ours:.3f}) over {chosen.trials} trials", flush=True)
        plain = plain_overhead(folder / "data.npz", folder, chosen.plain_trials)
    print(f"Ray Tune, defaults: {plain:.2f} s per trial ({WORKERS * plain:.2f}) over {chosen.plain_trials} trials")
    print(f"ratio {plain / ours:.0f}; to reach: automl <= 0.05 s")


if __name__ == "__main__":
    main()
