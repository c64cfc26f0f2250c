"""Ray: started in the background while data loads, and what each trial gets of it."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass

from automl.config import Experiment
from automl.errors import UserError

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    # The study is the truth: Tune's own snapshots would only cost time (all trials at each, so O(n^2) in total).
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # An actor that is in a long batch when time is up has had its grace.
    "TUNE_FORCE_TRIAL_CLEANUP_S": "1",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
}


FEW_CORES = 4
"""Up to so many CPU cores each has a trial of its own; beyond, so many share one."""


ROUNDING = 1e-9
"""Ten shares of 0.1 GPU are one."""


@dataclass(frozen=True)
class Shares:
    """How many trials run at a time, and what each gets."""

    workers: int
    cpus: float
    gpus: float

    @property
    def threads(self) -> int:
        return max(1, int(self.cpus))

    def __str__(self) -> str:
        gpus = f" and {self.gpus:g} GPU" if self.gpus else ""
        return f"{self.workers} at a time, each with {self.cpus:g} CPU{gpus}"


def plan_shares(experiment: Experiment, cpus: int, gpus: int) -> Shares:
    """The experiment's shares, with sensible values where it names none: one trial per GPU, else per CPU core
    (per 4 on a large machine).

    Raises:
        UserError: GPU shares without a GPU, or more than the machine has.
    """
    wanted = experiment.gpus_per_trial
    if wanted and not gpus:
        raise UserError(
            f"--gpus-per-trial {wanted:g} needs a GPU; this machine has none that Ray sees.",
            hint="Leave it out to train on the CPU; `automl doctor` shows what was found.",
        )
    if wanted and wanted > gpus:
        raise UserError(f"--gpus-per-trial {wanted:g} is more than the {gpus} GPUs there are.")
    if experiment.cpus_per_trial and experiment.cpus_per_trial > cpus:
        raise UserError(f"--cpus-per-trial {experiment.cpus_per_trial:g} is more than the {cpus} CPUs there are.")
    gpu = wanted if wanted is not None else min(1.0, gpus / (experiment.workers or max(1, gpus)))
    # A worker takes about 1 GB: on many cores a trial rather gets several of them.
    by_cpu = cpus / (experiment.cpus_per_trial or max(1, cpus / max(FEW_CORES, cpus // FEW_CORES)))
    by_gpu = gpus / gpu if gpu else by_cpu
    workers = experiment.workers or max(1, int(min(by_cpu, by_gpu) + ROUNDING))
    cpu = experiment.cpus_per_trial or max(1.0, float(cpus // workers))
    if workers * cpu > cpus or (gpu and workers * gpu > gpus + ROUNDING):
        raise UserError(
            f"{workers} workers with {cpu:g} CPU and {gpu:g} GPU each are more than the {cpus} CPUs and {gpus} GPUs.",
            hint="Lower --workers, --cpus-per-trial or --gpus-per-trial.",
        )
    return Shares(workers, cpu, gpu)


class Cluster:
    """Starts Ray (or connects to `RAY_ADDRESS`) in a thread that lives as long as the search.

    Ray's processes die with the thread that made them.
    """

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._over = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="ray", daemon=True)
        os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
        self._thread.start()

    def _run(self) -> None:
        try:
            import ray

            for logger in ("ray", "ray._private.worker", "ray.tune"):
                logging.getLogger(logger).setLevel(logging.ERROR)
            try:
                _start_ray()
            except Exception:  # on a busy machine Ray's own limit of 30 s may pass: once more
                ray.shutdown()
                _start_ray()
            import ray.tune
        except Exception as error:  # carried to the thread that waits
            self._error = error
        self._ready.set()
        self._over.wait()
        if not self._error:
            ray.shutdown()

    def resources(self) -> tuple[int, int]:
        """CPUs and GPUs of the cluster; waits until Ray is up."""
        import ray

        self._ready.wait()
        if self._error:
            raise UserError(f"Ray could not be started: {self._error}.", hint="`automl doctor` checks the machine.")
        found = ray.cluster_resources()
        return int(found.get("CPU", 1)), int(found.get("GPU", 0))

    def close(self) -> None:
        """Ends Ray's processes; where Ray isn't up yet, in the background as soon as it is."""
        self._over.set()
        if self._ready.is_set():
            self._thread.join()


def _start_ray() -> None:
    import ray

    # A leftover file of a killed driver makes a plain init connect to a dead cluster: say which one is meant.
    address = os.environ.get("RAY_ADDRESS", "local")
    local = {"include_dashboard": False} if address == "local" else {}
    ray.init(
        address=address,
        logging_level=logging.ERROR,
        log_to_driver=False,
        configure_logging=False,
        # By name: Ray's workers import while the driver still prepares, not when the first trial needs it.
        runtime_env={"worker_process_setup_hook": "automl.search.warmup.import_training"},
        **local,
    )
