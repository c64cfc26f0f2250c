"""`automl doctor`."""

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Optional

import typer

PACKAGES = ("torch", "torchvision", "ray", "optuna", "mlflow", "scikit-learn")
LEAST_MEMORY = 4.0
LEAST_DISK = 2.0
"""GiB below which a search is likely to fail."""


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and the problem with it, if any."""

    what: str
    found: str
    problem: str = ""


def doctor(
    out: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
) -> None:
    """Show versions, CPUs, GPUs, memory, disk and the store, and say what is missing."""
    from automl.cli.output import plain, show_table, table

    findings = [*_versions(), _cpus(), _gpus(), _memory(), *_store(out), *_components()]
    shown = table("", "found")
    for finding in findings:
        shown.add_row(finding.what, finding.found, style="red" if finding.problem else None)
    show_table(shown)
    problems = [finding.problem for finding in findings if finding.problem]
    for problem in problems:
        plain(f"Missing: {problem}")
    if problems:
        raise typer.Exit(1)
    plain("Nothing is missing.")


def _versions() -> list[Finding]:
    from automl import __version__

    findings = [Finding("automl", __version__), Finding("python", sys.version.split()[0])]
    for package in PACKAGES:
        try:
            findings.append(Finding(package, version(package)))
        except PackageNotFoundError:
            findings.append(Finding(package, "not installed", f"{package} is not installed: pip install {package}"))
    return findings


def _cpus() -> Finding:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("CPU cores", str(usable))


def _gpus() -> Finding:
    try:
        import torch
    except (ImportError, OSError, RuntimeError) as error:
        return Finding("GPUs", "torch can't be imported", f"torch can't be imported: {error}")
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return Finding("GPUs", ", ".join(names) or "none (trials run on the CPU)")


def _memory() -> Finding:
    from automl.data.memory import available_memory

    available = available_memory() / 2**30
    problem = "" if available >= LEAST_MEMORY else f"less than {LEAST_MEMORY:g} GiB of memory are free"
    return Finding("memory free", f"{available:.1f} GiB", problem)


def _store(out: Path | None) -> list[Finding]:
    from automl.config import find_home
    from automl.errors import UserError
    from automl.tracking import open_store

    home = find_home(out)
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 2**30
    full = "" if free >= LEAST_DISK else f"less than {LEAST_DISK:g} GiB of disk are free at {existing}"
    closed = "" if os.access(existing, os.W_OK) else f"{existing} can't be written: choose another folder with --out"
    findings = [Finding("disk free", f"{free:.1f} GiB at {existing}", full or closed)]
    if not home.exists():
        return [*findings, Finding("store", f"none yet at {home}")]
    try:
        return [*findings, Finding("store", open_store(home).shown)]
    except UserError as error:
        return [*findings, Finding("store", "can't be used", f"{error.message} {error.hint or ''}")]


def _components() -> list[Finding]:
    from automl.components import KINDS, load_catalog

    catalog = load_catalog()
    counts = ", ".join(f"{len(catalog.of_kind(kind))} {kind}s" for kind in KINDS)
    broken = [
        Finding("plugin", origin, f"{origin} can't be loaded: {cause}") for origin, cause in catalog.broken.items()
    ]
    return [Finding("components", counts), *broken]
