"""What must hold of a search that was killed: by what lay on the disk at each kill, and at its end."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kill_processes import Driver

from automl.search.folders import journal_of, reports_of
from automl.search.journal import SingleWriterJournal
from automl.search.notes import find_search
from automl.search.proposals import key
from automl.search.records import TrialRecord

METRIC = "accuracy"


@dataclass(frozen=True)
class Seen:
    """What a search had come to at some instant.

    Args:
        finished: (number, epoch) of all that were trained and kept.
        trained: Epochs in the log.
        ended: Number -> what the study knows of a trial that had ended.
        runs: Number -> MLflow's id of the run.
        used: Seconds of the time budget.
    """

    finished: frozenset[tuple[int, int]]
    trained: int
    ended: dict[int, dict[str, Any]]
    runs: dict[str, str]
    used: float

    @classmethod
    def now(cls, folder: Path) -> "Seen":
        search = search_in(folder)
        if search is None:
            return cls(frozenset(), 0, {}, {}, 0.0)
        finished = frozenset(
            (int(trial.name), report.epoch)
            for below in ("", "confirmed")
            for trial in (search / below / "trials").glob("*")
            for report in reports_of(search / below, int(trial.name))
        )
        ended = {number: attrs["record"] for number, attrs in study_of(search).items() if "record" in attrs}
        used = find_search(folder / "automl_runs", search.name).used
        return cls(finished, len(trained_in(folder)), ended, runs_in(folder), used)

    def __str__(self) -> str:
        return f"{len(self.finished)} epochs finished, {len(self.ended)} trials ended, {self.used:.0f} s used"


def search_in(folder: Path) -> Path | None:
    """The folder of the one search that was begun below `folder`."""
    return next((path.parent for path in (folder / "automl_runs" / "searches").glob("*/search.json")), None)


def trained_in(folder: Path) -> list[tuple[int, int]]:
    """(number, epoch) of each epoch that some worker has trained, in order."""
    lines = (folder / "epochs.log").read_text().splitlines()
    return [(int(number), int(epoch)) for number, epoch, _ in map(str.split, lines)]


def study_of(search: Path) -> dict[int, dict[str, Any]]:
    """Number -> attributes of each trial that was proposed, and its `state` and `value`. Reads a copy."""
    import optuna
    from optuna.storages import JournalStorage

    if not journal_of(search).exists():
        return {}
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(shutil.copy(journal_of(search), temporary))
        storage = JournalStorage(SingleWriterJournal(copy))
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            trials = optuna.load_study(study_name=search.name, storage=storage).get_trials()
        except KeyError:  # killed before it was made
            return {}
    return {
        t.number: t.user_attrs | {"state": t.state.name, "value": t.value if t.values else None}
        for t in trials
        if "configuration" in t.user_attrs
    }


def runs_in(folder: Path) -> dict[str, str]:
    """Number of a trial (or "search") -> id of its run in MLflow."""
    database = folder / "automl_runs" / "mlflow.db"
    ask = "select coalesce(n.value, 'search'), t.run_uuid from tags t left join tags n on n.run_uuid = t.run_uuid"
    ask += " and n.key = 'automl.number' where t.key = 'automl.search'"
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as store:
            found = store.execute(ask).fetchall()
    except sqlite3.OperationalError:  # not there, or not yet a store
        return {}
    assert len(dict(found)) == len(found), f"a trial has two runs: {found}"
    return dict(found)


def complaints_of(seen: Seen, folder: Path) -> list[str]:
    """What was lost or repeated of what had been there at a kill; `folder` as it is at the end."""
    search = search_in(folder)
    assert search is not None
    again = [epoch for epoch in trained_in(folder)[seen.trained :] if epoch in seen.finished]
    found = [f"finished epochs were trained again: {again}"] if again else []
    study, runs = study_of(search), runs_in(folder)
    changed = [n for n, record in seen.ended.items() if study.get(n, {}).get("record") != record]
    found += [f"trials had ended and have changed: {changed}"] if changed else []
    moved = [number for number, run in seen.runs.items() if runs.get(number) != run]
    return found + ([f"runs in MLflow aren't those that were begun: {moved}"] if moved else [])


def overall(whole: Path, killed: Path, drivers: Sequence[Driver], trials: int) -> tuple[list[str], list[str]]:
    """(what was found, complaints) about the search that was killed, beside the undisturbed one."""
    search, undisturbed = search_in(killed), search_in(whole)
    assert search and undisturbed
    study, expected = study_of(search), study_of(undisturbed)
    complaints = []
    ours, theirs = ({key(attrs["configuration"]): n for n, attrs in s.items()} for s in (study, expected))
    if ours.keys() != theirs.keys() or len(ours) != trials:
        complaints.append(f"other configurations: {len(ours.keys() ^ theirs.keys())} of {len(ours)}, {len(theirs)}")
    same = [(ours[c], theirs[c]) for c in ours.keys() & theirs.keys() if ours[c] == theirs[c]]
    differ = [number for number, _ in same if not _is_same_curve(search, undisturbed, number)]
    complaints += [f"curves differ from the undisturbed ones: {differ}"] if differ else []
    trained = trained_in(killed)
    twice = [epoch for epoch, count in Counter(trained).items() if count > 1]
    lines = [
        f"{len(ours.keys() & theirs.keys())} of {len(theirs)} configurations are the undisturbed ones, {len(same)} "
        f"under the same numbers, of which {len(same) - len(differ)} have the same curves",
        f"{len(trained)} epochs trained; {len(twice)} of them twice, killed before they were kept: {twice}",
    ]
    complaints += mlflow_complaints(killed, search, study)
    complaints += weights_complaints(killed, search, study)
    return [*lines, *used(search, drivers, killed)], complaints


def _is_same_curve(search: Path, other: Path, number: int) -> bool:
    """As far as both have trained."""
    curves = ([report.metrics for report in reports_of(folder, number)] for folder in (search, other))
    return all(one == another for one, another in zip(*curves, strict=False))


def mlflow_complaints(folder: Path, search: Path, study: dict[int, dict[str, Any]]) -> Iterable[str]:
    """Where MLflow and the study don't agree."""
    from automl.tracking import open_store

    client = open_store(folder / "automl_runs").client()
    runs = {n: client.get_run(run) for n, run in runs_in(folder).items() if n != "search" and int(n) < 1_000_000}
    if runs.keys() != {str(number) for number in study}:
        yield f"trials in MLflow: {len(runs)}, in the study: {len(study)}"
    for number, run in runs.items():
        attrs = study.get(int(number), {})
        record = attrs.get("record", {})
        history = client.get_metric_history(run.info.run_id, f"val_{METRIC}")
        reported = {r.epoch: r.metrics[f"val_{METRIC}"] for r in reports_of(search, int(number))}
        if [point.step for point in history] != sorted(reported) or {p.step: p.value for p in history} != reported:
            yield f"trial {number}: epochs {[point.step for point in history]} in MLflow, reported {sorted(reported)}"
        if list(reported) != list(range(1, record.get("epoch", 0) + 1)):
            yield f"trial {number}: {record.get('epoch')} epochs, reported {list(reported)}"
        best = record.get("best", {}).get(f"val_{METRIC}", 0.0)
        if abs(run.data.metrics[f"best_{METRIC}"] - best) > 1e-6:
            yield f"trial {number}: best {best}, in MLflow {run.data.metrics[f'best_{METRIC}']}"
        if (attrs["state"], record["status"]) not in {("COMPLETE", "finished"), ("PRUNED", "stopped")}:
            yield f"trial {number}: {attrs['state']} in the study, {record['status']} {record['reason']}"
        if run.info.status != "FINISHED" or run.data.tags["automl.state"] != record["status"]:
            yield f"trial {number}: {run.info.status} in MLflow, {record['status']}"


def weights_complaints(folder: Path, search: Path, study: dict[int, dict[str, Any]]) -> Iterable[str]:
    """Weights that were kept and don't give the recorded validation metric."""
    from automl.data import load_dataset
    from automl.evaluation import score
    from automl.training.bundle import Part, write_bundle
    from automl.training.trained import TrainedModel

    data = load_dataset(str(folder.parent / "data.npz"), seed=0, cache=folder / "cache")
    plugins = find_search(folder / "automl_runs", search.name).plugins
    kept = sorted(search.glob("trials/*/best.safetensors"))
    for path in kept:
        attrs = study[int(path.parent.name)]
        record = TrialRecord.from_dict(int(path.parent.name), attrs["configuration"], attrs["record"])
        parts = [Part(path, record.configuration, data.members)]
        write_bundle(folder / "packed", parts=parts, task=data.task, preparation=data.preparation, plugins=plugins)
        predictions = TrainedModel.load(folder / "packed").predict(data.val.inputs)
        got, want = score(predictions, data.val.targets, data.task)[METRIC], record.best[f"val_{METRIC}"]
        if abs(got - want) > 1e-6:
            yield f"the weights of trial {record.number} give {got}, recorded {want}"
    if not kept:
        yield "no weights were kept"


def used(search: Path, drivers: Sequence[Driver], folder: Path) -> Iterable[str]:
    """The time budget that counts as used, beside what the drivers have lived."""
    counted = find_search(folder / "automl_runs", search.name).used
    yield f"{counted:.0f} s used by its own count; its drivers lived {sum(d.lived for d in drivers):.0f} s"
