"""64 trials of `small_cnn` on the digits: automl, Ray Tune with OptunaSearch and ASHA, Optuna alone in one process.

    python tests/benchmarks/race.py [--trials 64] [--epochs 9] [--systems automl,ray,optuna]

All three search learning rate, width and batch size within the same bounds and train with the same `Trainer`, Ray and
automl on two workers of one thread, Optuna with two threads. Ray and automl stop trials by ASHA, Optuna by its median
pruner; automl trains no winner again with other seeds, as the others don't. Everything else is at its defaults. Each
is a process of its own, timed from its start. A system has reached a validation accuracy when the epoch that has it is
over; the target is the smallest of the systems' best values.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from common import Stopwatch, machine, run_search

WORKERS = 2
LR, WIDTH, BATCH = (3e-4, 0.1), (8, 64), (32, 64, 128)
FIXED = {
    "model": "small_cnn",
    "model.small_cnn.stages": 3,
    "model.small_cnn.convolutions": 1,
    "model.small_cnn.stem_stride": 1,
    "model.small_cnn.pool": "mean",
    "training.optimizer": "adamw",
    "training.schedule": "cosine",
    "training.class_weights": "none",
}

Report = Callable[[float], None]


def train(values: dict[str, Any], epochs: int, data: Any, threads: int, folder: Path) -> Iterator[float]:
    """The validation accuracy after each epoch of one configuration."""
    import torch

    from automl.components import load_catalog
    from automl.evaluation import find_metric
    from automl.training.device import DeviceData
    from automl.training.trainer import Trainer

    torch.set_num_threads(threads)
    configuration = FIXED | {
        "model.small_cnn.width": values["width"],
        "training.lr": values["lr"],
        "training.batch_size": values["batch_size"],
        "training.epochs": epochs,
    }
    trainer = Trainer(
        load_catalog(),
        DeviceData.on(torch.device("cpu"), data),
        configuration,
        metric=find_metric("accuracy", data.task.kind),
        seed=0,
        weights=folder / "best.safetensors",
    )
    for _ in range(epochs):
        yield trainer.run_epoch().metrics["val_accuracy"]


def training_data(folder: Path) -> Any:
    from automl.data import load_dataset
    from automl.training import TrainingData

    data = load_dataset(None, cache=folder)
    parts = data.train.inputs, data.train.targets, data.val.inputs, data.val.targets
    return TrainingData(data.task, data.preparation, *parts)


def automl(trials: int, epochs: int, folder: Path, report: Report) -> None:
    class Watch(Stopwatch):
        def epoch_done(self, record: Any, done: Any) -> None:
            report(done.metrics["val_accuracy"])

    space: dict[str, Any] = FIXED | {"augmentation": [], "regularizer": [], "training.epochs": epochs}
    space["model.small_cnn.width"] = {"low": WIDTH[0], "high": WIDTH[1]}
    space |= {"training.lr": {"low": LR[0], "high": LR[1]}, "training.batch_size": list(BATCH)}
    run_search(
        folder, Watch(), trials=trials, workers=WORKERS, cpus_per_trial=1, scheduler="asha", confirm="off", space=space
    )


def ray(trials: int, epochs: int, folder: Path, report: Report) -> None:
    import ray
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.search.optuna import OptunaSearch

    ray.init(num_cpus=WORKERS, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    data = ray.put(training_data(folder))

    def trainable(values: dict[str, Any]) -> None:
        for accuracy in train(values, epochs, ray.get(data), 1, Path.cwd()):
            tune.report({"accuracy": accuracy})

    class Watch(tune.Callback):  # type: ignore[misc]
        def on_trial_result(self, *_: Any, result: dict[str, Any], **__: Any) -> None:
            report(result["accuracy"])

    space = {"lr": tune.loguniform(*LR), "width": tune.lograndint(*WIDTH), "batch_size": tune.choice(BATCH)}
    tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        param_space=space,
        tune_config=tune.TuneConfig(
            metric="accuracy",
            mode="max",
            search_alg=OptunaSearch(seed=0),
            scheduler=ASHAScheduler(max_t=epochs),
            num_samples=trials,
        ),
        run_config=tune.RunConfig(storage_path=str(folder), verbose=0, callbacks=[Watch()]),
    ).fit()


def optuna(trials: int, epochs: int, folder: Path, report: Report) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    data = training_data(folder)

    def objective(trial: optuna.Trial) -> float:
        values = {
            "lr": trial.suggest_float("lr", *LR, log=True),
            "width": trial.suggest_int("width", *WIDTH, log=True),
            "batch_size": trial.suggest_categorical("batch_size", BATCH),
        }
        best = 0.0
        for epoch, accuracy in enumerate(train(values, epochs, data, WORKERS, folder), 1):
            report(accuracy)
            best = max(best, accuracy)
            trial.report(accuracy, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return best

    optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0)).optimize(objective, trials)


SYSTEMS = {"automl": automl, "ray": ray, "optuna": optuna}


def run(system: str, trials: int, epochs: int) -> tuple[list[tuple[float, float]], float]:
    """(seconds since its start, accuracy) of each epoch in a process of its own, and its wall-clock."""
    started = time.time()
    command = [sys.executable, __file__, "--run", system, "--trials", str(trials), "--epochs", str(epochs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return [(at - started, accuracy) for at, accuracy in lines], time.time() - started


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--trials", type=int, default=64)
    arguments.add_argument("--epochs", type=int, default=9)
    arguments.add_argument("--systems", default="automl,ray,optuna")
    arguments.add_argument("--run", choices=SYSTEMS, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.run:
        with tempfile.TemporaryDirectory() as folder:
            said = lambda accuracy: print(json.dumps([time.time(), accuracy]), flush=True)  # noqa: E731
            SYSTEMS[chosen.run](chosen.trials, chosen.epochs, Path(folder), said)
        return
    print(machine())
    print(f"{chosen.trials} trials of up to {chosen.epochs} epochs", flush=True)
    ran = {system: run(system, chosen.trials, chosen.epochs) for system in chosen.systems.split(",")}
    target = min(max(accuracy for _, accuracy in epochs) for epochs, _ in ran.values())
    for system, (epochs, wall) in ran.items():
        best = max(accuracy for _, accuracy in epochs)
        reached = min(at for at, accuracy in epochs if accuracy >= target)
        print(f"{system}: {reached:.1f} s to {target:.4f}, {wall:.1f} s in all, best {best:.4f}, {len(epochs)} epochs")


if __name__ == "__main__":
    main()
