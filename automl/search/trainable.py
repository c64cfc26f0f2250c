"""A warm Ray actor that trains one trial after the other; one `step` is one epoch."""

from __future__ import annotations

import contextlib
import json
import math
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray import tune

from automl.components import PluginSource
from automl.config.home import readings_in
from automl.evaluation.constraint import Constraint
from automl.evaluation.sample import labels_of
from automl.files import is_full, readable
from automl.search.budget import Pace, StopSignal
from automl.search.folders import checkpoint_of, is_current, reports_of, weights_of
from automl.search.keep import bytes_written
from automl.search.records import INTERRUPTED, Report, is_out_of_memory


@dataclass(frozen=True)
class Settings:
    """What all trials of a search have in common.

    Args:
        constraints: A trial whose costs break one of them is stopped as soon as that is known.
        below: Folder in the search's that the trials write to; "" is the search's own.
        repeats: Of a refit: see `Trainer`.
        part_seed: Where early epochs have a part of the rows: chooses it, the same for all trials. None: they have all.
        disk_share: Bytes that a trial may have on disk while it runs.
    """

    metric: str
    seed: int
    threads: int
    gpu_share: float
    folder: str
    run: str
    plugins: tuple[PluginSource, ...]
    constraints: tuple[Constraint, ...] = ()
    below: str = ""
    repeats: tuple[float, ...] = ()
    part_seed: int | None = None
    disk_share: float = math.inf


class TrialActor(tune.Trainable):  # type: ignore[misc]
    """Every error becomes a report with `done`: an exception in `step` would destroy the actor and lose its cause."""

    def setup(self, config: dict[str, Any], settings: Settings, arrays: Any) -> None:
        self._settings = settings
        self._search = Path(settings.folder)
        self._folder = self._search / settings.below
        self._arrays = arrays
        self._data: Any = None
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._begin(new_config)
        return True

    def _begin(self, config: dict[str, Any]) -> None:
        self._trial = config
        self._since = 0  # epochs that were done before the configuration which the trainer has
        self._trainer: Any = None  # frees the former model before the next is built
        self._merit: tuple[float, float] | None = None
        self._reports: list[str] = []
        self._costs: dict[str, Any] = {}

    def step(self) -> dict[str, Any]:
        from automl.errors import TrialError, TrialStopped

        self._step_started = time.monotonic()
        try:
            report = self._epoch()
        except TrialStopped as stopped:
            report = self._end("stopped", str(stopped))
        except TrialError as error:
            report = self._end("failed", str(error), diverged=True)
        except Exception as error:  # whatever a component raises fails this trial alone
            if is_full(error):
                report = self._end("stopped", INTERRUPTED, error=str(error))
            else:
                diverged = is_out_of_memory(error)
                report = self._end("failed", _cause(error), error=traceback.format_exc(), diverged=diverged)
        if report.status == "failed":
            self._release()
        merit = report.merit[0] if report.merit else float("-inf")
        done = report.status != "running"
        return {"merit": merit, "epoch": report.epoch, "done": done, "report": report.to_json()}

    def _epoch(self) -> Report:
        if self._trainer and self._in_force(self._trainer.epoch)[0] != self._since:
            self._trainer = None
        if self._trainer is None:
            self._trainer = self._make_trainer()
            self._pace = Pace()
        self._check_costs()
        trainer = self._trainer
        result = trainer.run_epoch(self._why_to_stop)
        self._costs["size_mb"] = trainer.size_mb  # of a model that fits itself it is known only now
        if not self._costs.get("latency_ms"):
            self._costs |= trainer.latencies()
        if result.is_best:
            self._merit = result.merit
        report = Report(
            epoch=result.epoch,
            metrics=result.metrics,
            is_best=result.is_best,
            merit=self._merit,
            status="finished" if result.end else "running",
            reason=result.end or "",
            seconds=time.monotonic() - self._step_started,
            progress=trainer.progress,
            **self._costs,
        )
        self._keep(report)
        return report

    def _check_costs(self) -> None:
        """Stops a trial as soon as it is known that it can't win: a cost that breaks a constraint stays as it is."""
        from automl.errors import TrialError, TrialStopped

        data, share = self._data.source, self._settings.disk_share
        predicted = 4 * len(labels_of(data.val_targets)) * data.task.num_outputs
        if bytes_written(self._costs["size_mb"], predicted) > share:
            raise TrialError(f"too big for its share of the disk cap, {readable(share)}")
        for constraint in self._settings.constraints:
            value = self._costs.get(constraint.figure)
            if value is not None and (broken := constraint.broken_by(value)):
                raise TrialStopped(broken)

    def _keep(self, report: Report) -> None:
        """Writes what the trial goes on from, and what it has reported, should the driver not hear of it any more."""
        from automl.errors import TrialStopped
        from automl.training.checkpoint import write_checkpoint

        if not is_current(self._search, self._settings.run):
            raise TrialStopped("another driver has taken over")
        reports = [*self._reports, report.to_json()]
        notes = {"reports": json.dumps(reports)}
        path = checkpoint_of(self._folder, self._trial["number"])
        if report.status == "running":
            self._trainer.save(path, notes)
        else:  # nothing is to go on with; only the reports might be missed
            write_checkpoint({}, notes, path)
        self._reports = reports

    def _why_to_stop(self) -> str | None:
        if reason := self._stop.reason():
            return reason
        if not self._trial["must_fit"]:
            return None
        return self._pace.too_slow(self._trainer.progress, self._stop.seconds_left)

    def _in_force(self, epoch: int) -> tuple[int, dict[str, Any]]:
        """Since when which configuration is trained, after so many epochs."""
        found: tuple[int, dict[str, Any]] = [part for part in self._trial["line"] if part[0] <= epoch][-1]
        return found

    def _make_trainer(self) -> Any:
        from automl.errors import TrialStopped

        number, deadline = self._trial["number"], self._trial["deadline"]
        self._stop = StopSignal(self._search, deadline.here() if deadline else None)
        if reason := self._stop.reason():  # rather than import torch and build a model for nothing
            raise TrialStopped(reason)

        import torch

        from automl.components import load_catalog
        from automl.evaluation import find_metric
        from automl.training.device import DeviceData
        from automl.training.making import make_trainer

        settings = self._settings
        if self._data is None:
            torch.set_num_threads(settings.threads)
            device = torch.device("cuda" if settings.gpu_share > 0 else "cpu")
            if 0 < settings.gpu_share < 1:
                torch.cuda.set_per_process_memory_fraction(settings.gpu_share)
            cache = readings_in(self._search.parents[1])
            self._data = DeviceData.on(device, self._arrays.open(), settings.part_seed, cache=cache)
        checkpoint = checkpoint_of(self._folder, number)
        reports = reports_of(self._folder, number) if checkpoint.exists() else []
        self._since, configuration = self._in_force(reports[-1].epoch if reports else 0)
        trainer = make_trainer(
            load_catalog(settings.plugins),
            self._data,
            configuration,
            metric=find_metric(settings.metric, self._data.source.task.kind),
            seed=self._trial["seed"],
            weights=weights_of(self._folder, number),
            repeats=settings.repeats,
        )
        self._costs = {"parameters": trainer.parameters, "size_mb": trainer.size_mb}
        if reports:
            trainer.restore(checkpoint)
            self._reports = [report.to_json() for report in reports]
            own = [report for report in reports if report.epoch > self._since]
            self._merit = own[-1].merit if own else None
            if own:
                self._costs |= {"latency_ms": own[-1].latency_ms, "latency_p95_ms": own[-1].latency_p95_ms}
        return trainer

    def _end(self, status: Any, reason: str, *, error: str = "", diverged: bool = False) -> Report:
        return Report(
            epoch=len(self._reports),
            metrics={},
            is_best=False,
            merit=self._merit,
            status=status,
            reason=reason,
            error=error,
            diverged=diverged,
            seconds=time.monotonic() - self._step_started,
            **self._costs,
        )

    def _release(self) -> None:
        """After a failure (out of memory, perhaps): outside of the except block nothing holds the tensors any more."""
        self._trainer = None
        with contextlib.suppress(ImportError):
            import torch

            torch.cuda.empty_cache()


def _cause(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300]
